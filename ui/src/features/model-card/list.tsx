import Button from "@cloudscape-design/components/button";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { AskName } from "../../shared/ask-name";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { STATUSES } from "./content";
import type { CardSummary } from "./types";

const cardList: ListConfig<CardSummary> = {
  kind: "ModelCard",
  title: "Model cards",
  description: "What the team writes down of a model: what it is for, how risky it is, how it was judged.",
  operation: "ListModelCards",
  member: "ModelCardSummaries",
  ask: (search) => ({ NameContains: search.name || undefined, ModelCardStatus: search.status || undefined }),
  statuses: STATUSES,
  nameOf: (one) => one.ModelCardName,
  columns: [
    nameColumn("Card", "/cards", (one) => one.ModelCardName),
    { id: "status", header: "Status", cell: (one) => <Status word={one.ModelCardStatus} /> },
    createdColumn(),
    { id: "changed", header: "Last changed", cell: (one) => time(one.LastModifiedTime) },
  ],
  empty: {
    title: "No model cards yet",
    text: "A card stands by itself, for a model wherever it is; a registered version carries its own, in the tab Card of its page. Scripts make cards with sagemaker.model_card or create_model_card.",
  },
};

export function CardsPage() {
  const navigate = useNavigate();
  const { canWrite, confirm } = useStudio();
  const [naming, setNaming] = useState(false);
  const writing = canWrite ? undefined : VIEWER;
  const open = (one: CardSummary) => void navigate({ to: `/cards/${one.ModelCardName}` });
  const create = async (name: string) => {
    await sagemaker("CreateModelCard", { ModelCardName: name, ModelCardStatus: "Draft", Content: "{}" });
    return () => navigate({ to: `/cards/${name}` });
  };
  const actionsOf = (one: CardSummary): Action[] => [
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete the card ${one.ModelCardName}?`,
          text: "All its versions go. PDFs in the bucket stay.",
          verb: "Delete",
          act: () => sagemaker("DeleteModelCard", { ModelCardName: one.ModelCardName }),
        }),
    },
  ];
  return (
    <>
      <ResourceTable<CardSummary>
        config={cardList}
        actionsOf={actionsOf}
        open={open}
        create={
          <Button variant="primary" disabled={!canWrite} disabledReason={writing} onClick={() => setNaming(true)}>
            Create card
          </Button>
        }
      />
      {naming && <AskName title="New model card" text="Letters, digits and single dashes between them." verb="Make card" close={() => setNaming(false)} save={create} />}
    </>
  );
}
