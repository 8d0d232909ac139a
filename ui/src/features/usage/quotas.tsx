// What a project may have at once, and has. The studio's administrator sees all projects and sets the limits.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { bytes, number } from "../../shared/format";
import { Failure } from "../../shared/parts";
import { useQuotas } from "./query";
import type { Limits, Quota } from "./types";

const GIB = 1024 ** 3;

function Used({ label, used, limit, word }: { label: string; used: number; limit: number | undefined; word: (value: number) => string }) {
  if (limit === undefined) return `${word(used)}, no limit`;
  const percent = limit > 0 ? Math.min(100, (used / limit) * 100) : 100;
  return <ProgressBar value={percent} additionalInfo={`${word(used)} of ${word(limit)}`} ariaLabel={label} />;
}

function Storage({ quota }: { quota: Quota }) {
  const { StorageBytes, ObjectBytes, HomeBytes } = quota.Used;
  return (
    <>
      <Used label="Storage in use" used={StorageBytes} limit={quota.Limits.StorageBytes} word={bytes} />
      <Box color="text-body-secondary" fontSize="body-s">{`${bytes(ObjectBytes)} of objects, ${bytes(HomeBytes)} in homes of spaces`}</Box>
    </>
  );
}

function QuotaDialog({ quota, name, close }: { quota: Quota; name: string; close: () => void }) {
  const client = useQueryClient();
  const text = (value: number | undefined) => (value === undefined ? "" : String(value));
  const [instances, setInstances] = useState(text(quota.Limits.Instances));
  const [cores, setCores] = useState(text(quota.Limits.Cores));
  const [storage, setStorage] = useState(text(quota.Limits.StorageBytes === undefined ? undefined : Number((quota.Limits.StorageBytes / GIB).toPrecision(6))));
  const bad = (value: string, whole: boolean) => (value !== "" && (Number(value) < 0 || (whole && !Number.isInteger(Number(value)))) ? (whole ? "A whole number, 0 or more" : "0 or more") : undefined);
  const save = async () => {
    const limits: Limits = {
      ...(instances === "" ? {} : { Instances: Number(instances) }),
      ...(cores === "" ? {} : { Cores: Number(cores) }),
      ...(storage === "" ? {} : { StorageBytes: Math.round(Number(storage) * GIB) }),
    };
    await studio("PutQuota", { Project: quota.Project, ...limits });
    await client.invalidateQueries({ queryKey: ["quotas"] });
  };
  const faulty = Boolean(bad(instances, true) ?? bad(cores, false) ?? bad(storage, false));
  return (
    <Dialog title={`Quota of ${name}`} verb="Save quota" close={close} act={save} disabled={faulty}>
      <Box color="text-body-secondary">Of all that runs at once. What is left empty has no limit; what runs already is never stopped.</Box>
      <FormField label="Instances" errorText={bad(instances, true)}>
        <Input type="number" value={instances} onChange={({ detail }) => setInstances(detail.value)} autoFocus />
      </FormField>
      <FormField label="Cores" errorText={bad(cores, false)}>
        <Input type="number" value={cores} onChange={({ detail }) => setCores(detail.value)} />
      </FormField>
      <FormField label="Storage, GiB" errorText={bad(storage, false)}>
        <Input type="number" value={storage} onChange={({ detail }) => setStorage(detail.value)} />
      </FormField>
    </Dialog>
  );
}

export function Quotas() {
  const { session } = useStudio();
  const query = useQuotas(session.studioAdmin);
  const [edited, setEdited] = useState<Quota>();
  const projects = useQuery({ queryKey: ["projects"], queryFn: () => studio<{ Projects: { Account: string; Name: string }[] }>("ListProjects"), select: (answer) => answer.Projects });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const nameOf = (quota: Quota) => projects.data?.find((one) => one.Account === quota.Project)?.Name ?? quota.Project;
  return (
    <>
      <Table
        variant="container"
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Loading"
        items={query.data ?? []}
        trackBy="Project"
        header={
          <Header variant="h2" description={session.studioAdmin ? "What each project may have at once." : "What the project may have at once; an administrator of the studio sets it."}>
            Quotas
          </Header>
        }
        columnDefinitions={[
          { id: "project", header: "Project", isRowHeader: true, cell: nameOf },
          { id: "instances", header: "Instances", minWidth: 190, cell: (one) => <Used label="Instances in use" used={one.Used.Instances} limit={one.Limits.Instances} word={number} /> },
          { id: "cores", header: "Cores", minWidth: 190, cell: (one) => <Used label="Cores in use" used={one.Used.Cores} limit={one.Limits.Cores} word={number} /> },
          { id: "storage", header: "Storage", minWidth: 210, cell: (one) => <Storage quota={one} /> },
          ...(session.studioAdmin
            ? [
                {
                  id: "edit",
                  header: "Change",
                  cell: (one: Quota) => (
                    <Button variant="inline-link" ariaLabel={`Change the quota of ${nameOf(one)}`} onClick={() => setEdited(one)}>
                      Change
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {edited && <QuotaDialog quota={edited} name={nameOf(edited)} close={() => setEdited(undefined)} />}
    </>
  );
}
