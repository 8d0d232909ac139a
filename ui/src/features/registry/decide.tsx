// The dialogs that change a version: approving or rejecting it, its stage, its metadata.
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Autosuggest from "@cloudscape-design/components/autosuggest";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Textarea from "@cloudscape-design/components/textarea";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { sagemaker } from "../../api/client";
import { Dialog } from "../../shared/dialog";
import { metadataChange } from "./report";
import type { Version, VersionSummary } from "./types";

export type Word = "Approved" | "Rejected";

interface Frame {
  title: string;
  verb: string;
  close: () => void;
  /** What UpdateModelPackage is asked. */
  change: () => object;
  arn: string;
  disabled?: boolean;
  children: ReactNode;
}

function Change({ change, arn, ...frame }: Frame) {
  const client = useQueryClient();
  const act = async () => {
    await sagemaker("UpdateModelPackage", { ModelPackageArn: arn, ...change() });
    for (const queryKey of [["ModelPackage"], ["list", "ModelPackage"], ["registry"]]) void client.invalidateQueries({ queryKey });
  };
  return <Dialog {...frame} act={act} />;
}

export function Decide({ version, word, close }: { version: VersionSummary; word: Word; close: () => void }) {
  const [reason, setReason] = useState("");
  const verb = word === "Approved" ? "Approve" : "Reject";
  return (
    <Change
      title={`${verb} version ${version.ModelPackageVersion}`}
      verb={verb}
      close={close}
      arn={version.ModelPackageArn}
      change={() => ({ ModelApprovalStatus: word, ApprovalDescription: reason || undefined })}
    >
      <FormField label="Why" description="It is kept with your name and the time.">
        <Textarea value={reason} onChange={({ detail }) => setReason(detail.value)} autoFocus />
      </FormField>
    </Change>
  );
}

const words = (...all: string[]) => all.map((value) => ({ value }));
const STAGES = words("Development", "Staging", "Production", "Archived");
const STATUSES = words("PendingApproval", "Approved", "Rejected", "InUse", "Retired");
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

export function StageDialog({ version, close }: { version: Version; close: () => void }) {
  const [stage, setStage] = useState(version.ModelLifeCycle?.Stage ?? "");
  const [status, setStatus] = useState(version.ModelLifeCycle?.StageStatus ?? "");
  const [told, setTold] = useState(version.ModelLifeCycle?.StageDescription ?? "");
  const fits = (text: string) => (text && !NAME.test(text) ? "Letters, digits and single dashes between them." : undefined);
  return (
    <Change
      title={`Stage of version ${version.ModelPackageVersion}`}
      verb="Set stage"
      close={close}
      arn={version.ModelPackageArn}
      disabled={!NAME.test(stage) || !NAME.test(status)}
      change={() => ({ ModelLifeCycle: { Stage: stage, StageStatus: status, StageDescription: told || undefined } })}
    >
      <FormField label="Stage" description="Where in its life the version is. The words are your own." errorText={fits(stage)}>
        <Autosuggest value={stage} options={STAGES} onChange={({ detail }) => setStage(detail.value)} enteredTextLabel={(text) => `Use ${text}`} />
      </FormField>
      <FormField label="Status" description="A version whose status is InUse is not deleted." errorText={fits(status)}>
        <Autosuggest value={status} options={STATUSES} onChange={({ detail }) => setStatus(detail.value)} enteredTextLabel={(text) => `Use ${text}`} />
      </FormField>
      <FormField label="Description">
        <Input value={told} onChange={({ detail }) => setTold(detail.value)} />
      </FormField>
    </Change>
  );
}

export function MetadataDialog({ version, close }: { version: Version; close: () => void }) {
  const before = version.CustomerMetadataProperties ?? {};
  const [pairs, setPairs] = useState(Object.entries(before).map(([key, value]) => ({ key, value })));
  const set = (index: number, part: Partial<{ key: string; value: string }>) => setPairs((old) => old.map((one, at) => (at === index ? { ...one, ...part } : one)));
  return (
    <Change title={`Metadata of version ${version.ModelPackageVersion}`} verb="Save" close={close} arn={version.ModelPackageArn} change={() => metadataChange(before, pairs)}>
      <AttributeEditor
        items={pairs}
        addButtonText="Add a pair"
        removeButtonText="Remove"
        removeButtonAriaLabel={(one) => `Remove ${one.key}`}
        onAddButtonClick={() => setPairs((old) => [...old, { key: "", value: "" }])}
        onRemoveButtonClick={({ detail }) => setPairs((old) => old.filter((_, at) => at !== detail.itemIndex))}
        empty="No metadata yet: whatever your team wants to know of a version, as pairs of a name and a value."
        definition={[
          { label: "Name", control: (one, index) => <Input value={one.key} ariaLabel="Name" onChange={({ detail }) => set(index, { key: detail.value })} /> },
          { label: "Value", control: (one, index) => <Input value={one.value} ariaLabel="Value" onChange={({ detail }) => set(index, { value: detail.value })} /> },
        ]}
      />
    </Change>
  );
}
