// The dialogs of an inference component: a new one, another version of it, another number of copies.
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { sagemaker } from "../../api/client";
import type { ModelSummary } from "../../api/types";
import { type ApiCall, pythonOf } from "../../shared/code";
import { Dialog } from "../../shared/dialog";
import { Code } from "../../shared/parts";
import { Choice, Text } from "../deploy/fields";
import type { Component } from "./query";
import { type ComponentDraft, copiesProblem, createRequest, draftOf, newShare, problemsOf, type Share, type ShareProblems, updateRequest } from "./request";

interface ShareProps {
  draft: Share;
  set: (part: Partial<Share>) => void;
  problems: ShareProblems;
}

/** What one copy needs, and how many there are. */
export const ShareFields = ({ draft, set, problems }: ShareProps) => (
  <ColumnLayout columns={4}>
    <Text label="Cores" description="Of each copy." number value={draft.cores} error={problems.cores} change={(cores) => set({ cores })} />
    <Text label="Memory (MB)" description="Of each copy." number value={draft.memory} error={problems.memory} change={(memory) => set({ memory })} />
    <Text label="GPUs" description="Of each copy." number value={draft.gpus} error={problems.gpus} change={(gpus) => set({ gpus })} />
    <Text label="Copies" description="0: sleeps." number value={draft.copies} error={problems.copies} change={(copies) => set({ copies })} />
  </ColumnLayout>
);

interface AskProps {
  title: string;
  verb: string;
  call: ApiCall;
  sound: boolean;
  close: () => void;
  done?: () => void;
  children: ReactNode;
}

/** A dialog around one request: refused, it stays open and says why. */
function Ask({ title, verb, call, sound, close, done, children }: AskProps) {
  const client = useQueryClient();
  const act = async () => {
    done?.();
    if (!sound) return false;
    await sagemaker(call.operation, call.input);
    await client.invalidateQueries({ queryKey: ["list", "InferenceComponent"] });
    await client.invalidateQueries({ queryKey: ["InferenceComponent"] });
    return true;
  };
  return (
    <Dialog size="large" title={title} verb={verb} close={close} act={act} refusal="Nothing was changed">
      {children}
      <ExpandableSection headerText="The same in Python">
        <Code text={pythonOf([call])} />
      </ExpandableSection>
    </Dialog>
  );
}

interface FormProps {
  endpoint: string;
  variants: string[];
  /** The component of which another version is made. */
  of?: Component;
  close: () => void;
}

export function ComponentForm({ endpoint, variants, of, close }: FormProps) {
  const [draft, setDraft] = useState<ComponentDraft>(() => (of ? draftOf(of) : { ...newShare, name: "", model: "", variant: variants[0] ?? "" }));
  const set = (part: Partial<ComponentDraft>) => setDraft((old) => ({ ...old, ...part }));
  const [tried, setTried] = useState(false);
  const all = problemsOf(draft, Boolean(of));
  const problems = tried ? all : {};
  const models = useQuery({ queryKey: ["list", "Model", "all"], queryFn: () => sagemaker<{ Models: ModelSummary[] }>("ListModels", { MaxResults: 100 }) });
  const options = (models.data?.Models ?? []).map((one) => ({ value: one.ModelName, label: one.ModelName }));
  const call = of ? { operation: "UpdateInferenceComponent", input: updateRequest(draft) } : { operation: "CreateInferenceComponent", input: createRequest(endpoint, draft) };
  // Until a name is typed it follows the model's.
  const choose = (model: string) => set({ model, ...(of || (draft.name && draft.name !== draft.model) ? {} : { name: model }) });
  return (
    <Ask
      title={of ? `Update ${of.InferenceComponentName}` : `Add a model to ${endpoint}`}
      verb={of ? "Update" : "Add"}
      call={call}
      sound={Object.keys(all).length === 0}
      close={close}
      done={() => setTried(true)}
    >
      {of && <Box color="text-body-secondary">The new version starts beside the old one and takes over when it answers. If it does not, the old one goes on.</Box>}
      <ColumnLayout columns={2}>
        <FormField label="Model" errorText={problems.model}>
          <Select
            filteringType="auto"
            options={options}
            statusType={models.isPending ? "loading" : "finished"}
            empty="There are no models yet."
            placeholder="Choose a model"
            selectedOption={draft.model ? { value: draft.model, label: draft.model } : null}
            onChange={({ detail }) => choose(detail.selectedOption.value ?? "")}
          />
        </FormField>
        {!of && <Text label="Name" description="By which requests name it." value={draft.name} error={problems.name} change={(name) => set({ name })} />}
        {!of && variants.length > 1 && <Choice label="Variant" value={draft.variant} options={variants} change={(variant) => set({ variant })} />}
      </ColumnLayout>
      <ShareFields draft={draft} set={set} problems={problems} />
    </Ask>
  );
}

export function CopiesDialog({ of, close }: { of: Component; close: () => void }) {
  const [copies, setCopies] = useState(String(of.RuntimeConfig.DesiredCopyCount));
  const problem = copiesProblem(copies);
  const call = { operation: "UpdateInferenceComponentRuntimeConfig", input: { InferenceComponentName: of.InferenceComponentName, DesiredRuntimeConfig: { CopyCount: Number(copies) } } };
  return (
    <Ask title={`Copies of ${of.InferenceComponentName}`} verb="Change" call={call} sound={!problem} close={close}>
      <Text label="Copies" description="Each is a process of its own. With 0 the model sleeps, and the first request wakes it." number value={copies} error={problem} change={setCopies} />
    </Ask>
  );
}
