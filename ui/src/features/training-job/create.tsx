import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FileUpload from "@cloudscape-design/components/file-upload";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";

import { ApiError, sagemaker, studio } from "../../api/client";
import { upload } from "../../api/s3";
import { tarGz } from "../../api/tar";
import type { ImageEntry, InstanceType, Job } from "../../api/types";
import { describe, useStudio } from "../../shared/context";
import { bytes, hourly } from "../../shared/format";
import { ensureGroup, GROUP_NAME, GroupField } from "../../shared/group-field";
import { Code } from "../../shared/parts";
import { asPython } from "./code";

interface Pair {
  key: string;
  value: string;
}
interface Draft {
  name: string;
  image: string;
  type: string;
  count: string;
  script: string;
  source: string;
  channels: Pair[];
  parameters: Pair[];
  metrics: Pair[];
  output: string;
  minutes: string;
  /** Where its model is registered when it has completed; nowhere if empty. */
  group: string;
}

const stamp = () => new Date().toISOString().replace(/[-:T]/g, "").slice(0, 14);
const quoted = (value: string | undefined) => value?.replace(/^"|"$/g, "") ?? "";

function fromJob(job: Job): Draft {
  const hidden = new Set(["sagemaker_program", "sagemaker_submit_directory"]);
  return {
    name: `${job.TrainingJobName.slice(0, 44)}-copy-${stamp().slice(8)}`,
    image: job.AlgorithmSpecification.TrainingImage ?? "",
    type: job.ResourceConfig.InstanceType ?? "ml.m5.large",
    count: String(job.ResourceConfig.InstanceCount ?? 1),
    script: quoted(job.HyperParameters?.sagemaker_program),
    source: quoted(job.HyperParameters?.sagemaker_submit_directory),
    channels: (job.InputDataConfig ?? []).map((one) => ({ key: one.ChannelName, value: one.DataSource.S3DataSource?.S3Uri ?? "" })),
    parameters: Object.entries(job.HyperParameters ?? {})
      .filter(([key]) => !hidden.has(key))
      .map(([key, value]) => ({ key, value })),
    metrics: (job.AlgorithmSpecification.MetricDefinitions ?? []).map((one) => ({ key: one.Name, value: one.Regex })),
    output: job.OutputDataConfig.S3OutputPath,
    minutes: String(Math.round((job.StoppingCondition.MaxRuntimeInSeconds ?? 3600) / 60)),
    group: job.ModelPackageConfig?.ModelPackageGroupArn.split("/").pop() ?? "",
  };
}

export function requestFrom(draft: Draft, role: string): Record<string, unknown> {
  const script = draft.script ? { sagemaker_program: draft.script, sagemaker_submit_directory: draft.source } : {};
  const filled = (pairs: Pair[]) => pairs.filter((one) => one.key);
  return {
    TrainingJobName: draft.name,
    RoleArn: role,
    AlgorithmSpecification: {
      TrainingImage: draft.image,
      TrainingInputMode: "File",
      MetricDefinitions: filled(draft.metrics).length ? filled(draft.metrics).map((one) => ({ Name: one.key, Regex: one.value })) : undefined,
    },
    HyperParameters: { ...Object.fromEntries(filled(draft.parameters).map((one) => [one.key, one.value])), ...script },
    InputDataConfig: filled(draft.channels).length
      ? filled(draft.channels).map((one) => ({
          ChannelName: one.key,
          ContentType: one.value.endsWith(".csv") ? "text/csv" : undefined,
          DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: one.value, S3DataDistributionType: "FullyReplicated" } },
        }))
      : undefined,
    OutputDataConfig: { S3OutputPath: draft.output },
    ResourceConfig: { InstanceType: draft.type, InstanceCount: Number(draft.count), VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: Number(draft.minutes) * 60 },
    ModelPackageConfig: draft.group ? { ModelPackageGroupArn: `arn:aws:sagemaker:us-east-1:${role.split(":")[4] ?? ""}:model-package-group/${draft.group.toLowerCase()}` } : undefined,
  };
}

export function problemsOf(draft: Draft, files: number): Partial<Record<keyof Draft, string>> {
  const found: Partial<Record<keyof Draft, string>> = {};
  if (!/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(draft.name)) found.name = "Letters, digits and single dashes between them; 63 at most.";
  if (!draft.image) found.image = "Choose an image.";
  if (!(Number(draft.count) >= 1)) found.count = "At least 1.";
  if (!(Number(draft.minutes) >= 1)) found.minutes = "At least 1 minute.";
  if (!draft.output.startsWith("s3://")) found.output = "An address of the form s3://bucket/folder.";
  if (draft.group && !GROUP_NAME.test(draft.group)) found.group = "Letters, digits and single dashes between them; 63 at most.";
  if (draft.script && !files && !draft.source) found.script = "Choose the script's files, or name a sourcedir.tar.gz in S3.";
  if (draft.channels.some((one) => one.key && !one.value.startsWith("s3://"))) found.channels = "Each channel needs an address of the form s3://bucket/folder.";
  return found;
}

function PairsEditor({ items, set, keyLabel, valueLabel, add, placeholder }: { items: Pair[]; set: (items: Pair[]) => void; keyLabel: string; valueLabel: string; add: string; placeholder?: string }) {
  const change = (index: number, part: Partial<Pair>) => set(items.map((one, n) => (n === index ? { ...one, ...part } : one)));
  return (
    <AttributeEditor<Pair>
      items={items}
      addButtonText={add}
      removeButtonText="Remove"
      removeButtonAriaLabel={(item) => `Remove ${item.key}`}
      onAddButtonClick={() => set([...items, { key: "", value: "" }])}
      onRemoveButtonClick={({ detail }) => set(items.filter((_, n) => n !== detail.itemIndex))}
      empty="None."
      definition={[
        { label: keyLabel, control: (item, index) => <Input ariaLabel={keyLabel} value={item.key} onChange={({ detail }) => change(index, { key: detail.value })} /> },
        {
          label: valueLabel,
          control: (item, index) => (
            <Input ariaLabel={valueLabel} placeholder={placeholder} value={item.value} onChange={({ detail }) => change(index, { value: detail.value })} />
          ),
        },
      ]}
    />
  );
}

export function CreateJobPage() {
  const { session, fail } = useStudio();
  const navigate = useNavigate();
  const { from, input } = useSearch({ strict: false }) as { from?: string; input?: string };
  const account = session.project?.account ?? "";
  const bucket = `sagemaker-us-east-1-${account}`;
  const [draft, setDraft] = useState<Draft>({
    name: `job-${stamp()}`,
    image: "",
    type: "ml.m5.large",
    count: "1",
    script: "",
    source: "",
    channels: input ? [{ key: "train", value: input }] : [],
    parameters: [],
    metrics: [],
    output: `s3://${bucket}/jobs`,
    minutes: "60",
    group: "",
  });
  const set = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const [files, setFiles] = useState<File[]>([]);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const images = useQuery({ queryKey: ["images"], queryFn: () => studio<{ Images: ImageEntry[] }>("ListImages") });
  const types = useQuery({ queryKey: ["instance-types"], queryFn: () => studio<{ InstanceTypes: InstanceType[] }>("ListInstanceTypes"), staleTime: Infinity });
  useEffect(() => {
    if (!from) return;
    sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: from })
      .then((job) => setDraft(fromJob(job)))
      .catch((error: unknown) => fail(`Reading ${from}`, error));
    // The draft is filled once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [from]);
  const imageOptions = useMemo(
    () => (images.data?.Images ?? []).map((one) => ({ value: one.Image, label: `${one.Framework} · ${one.Name}`, description: `${one.Version} · ${one.Image.split("/").pop()}` })),
    [images.data],
  );
  const typeOptions = (types.data?.InstanceTypes ?? []).map((one) => ({
    value: one.InstanceType,
    label: one.InstanceType,
    description: `${one.Cores} cores, ${bytes(one.Memory)}${one.Gpus ? `, ${one.Gpus} GPU` : ""} · ${hourly(one.PricePerHour, one.Currency)}/h`,
    tags: one.Fits ? [] : ["larger than this machine"],
  }));
  const problems = problemsOf(draft, files.length);
  const shown = tried ? problems : {};
  const role = `arn:aws:iam::${account}:role/studiolo-execution-role`;

  const submit = async () => {
    setTried(true);
    setRefused(undefined);
    if (Object.keys(problems).length) return;
    setBusy(true);
    try {
      let source = draft.source;
      if (files.length) {
        const key = `${draft.name}/source/sourcedir.tar.gz`;
        const packed = await tarGz(files.map((file) => ({ name: file.name, data: file })));
        await upload(bucket, key, packed, () => undefined, new AbortController().signal);
        source = `s3://${bucket}/${key}`;
      }
      if (draft.group) await ensureGroup(draft.group);
      await sagemaker("CreateTrainingJob", requestFrom({ ...draft, source }, role));
      await navigate({ to: `/jobs/${draft.name}` });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <ContentLayout header={<Header variant="h1">{from ? `Clone ${from}` : "Create training job"}</Header>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Form
          errorText={tried && Object.keys(problems).length ? "Some fields need another look." : undefined}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" onClick={() => void navigate({ to: "/jobs" })}>
                Cancel
              </Button>
              <Button variant="primary" loading={busy} formAction="submit">
                Create job
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            {refused !== undefined && (
              <Alert type="error" header={refused instanceof ApiError ? refused.code : "The job was not created"}>
                {describe(refused)}
              </Alert>
            )}
            <Container header={<Header variant="h2">What runs</Header>}>
              <SpaceBetween size="m">
                <FormField label="Name" errorText={shown.name}>
                  <Input value={draft.name} onChange={({ detail }) => set({ name: detail.value })} />
                </FormField>
                <FormField label="Image" description="AWS's image, or your team's own; it decides which packages are there." errorText={shown.image}>
                  <Select
                    filteringType="auto"
                    placeholder="Choose an image"
                    options={imageOptions}
                    statusType={images.isPending ? "loading" : "finished"}
                    selectedOption={imageOptions.find((one) => one.value === draft.image) ?? (draft.image ? { value: draft.image, label: draft.image } : null)}
                    onChange={({ detail }) => set({ image: detail.selectedOption.value ?? "" })}
                  />
                </FormField>
                <FormField label="Script" description="Files of your source folder; leave empty for a built-in algorithm such as xgboost." errorText={shown.script}>
                  <FileUpload
                    multiple
                    value={files}
                    onChange={({ detail }) => {
                      setFiles(detail.value);
                      const script = detail.value.find((file) => file.name.endsWith(".py"));
                      set({ script: draft.script || script?.name || "", source: "" });
                    }}
                    showFileSize
                    i18nStrings={{
                      uploadButtonText: (multiple) => (multiple ? "Choose files" : "Choose file"),
                      dropzoneText: () => "Drop files to upload",
                      removeFileAriaLabel: (index) => `Remove file ${index + 1}`,
                      limitShowFewer: "Show fewer",
                      limitShowMore: "Show more",
                      errorIconAriaLabel: "Error",
                    }}
                  />
                </FormField>
                {(draft.script || draft.source) && (
                  <FormField label="Entry point" description={draft.source ? `From ${draft.source}` : "The file that is run."}>
                    <Input value={draft.script} onChange={({ detail }) => set({ script: detail.value })} />
                  </FormField>
                )}
                <FormField label="Hyperparameters" stretch>
                  <PairsEditor items={draft.parameters} set={(parameters) => set({ parameters })} keyLabel="Name" valueLabel="Value" add="Add hyperparameter" />
                </FormField>
              </SpaceBetween>
            </Container>
            <Container header={<Header variant="h2">Data</Header>}>
              <SpaceBetween size="m">
                <FormField label="Input channels" description="Each appears to the script as a folder (SM_CHANNEL_TRAIN …)." errorText={shown.channels} stretch>
                  <PairsEditor items={draft.channels} set={(channels) => set({ channels })} keyLabel="Channel" valueLabel="S3 address" add="Add channel" placeholder={`s3://${bucket}/data/`} />
                </FormField>
                <FormField label="Output path" errorText={shown.output}>
                  <Input value={draft.output} onChange={({ detail }) => set({ output: detail.value })} />
                </FormField>
                <GroupField
                  label="Register the model in"
                  description="A group of the model registry: when the job has completed, its model is the group's next version, with its metrics. Empty: it is not registered."
                  value={draft.group}
                  change={(group) => set({ group })}
                />
              </SpaceBetween>
            </Container>
            <Container header={<Header variant="h2">Compute</Header>}>
              <SpaceBetween size="m">
                <FormField label="Instance type">
                  <Select
                    filteringType="auto"
                    options={typeOptions}
                    selectedOption={typeOptions.find((one) => one.value === draft.type) ?? { value: draft.type, label: draft.type }}
                    onChange={({ detail }) => set({ type: detail.selectedOption.value ?? "" })}
                  />
                </FormField>
                <FormField label="Instances" errorText={shown.count}>
                  <Input type="number" value={draft.count} onChange={({ detail }) => set({ count: detail.value })} />
                </FormField>
                <FormField label="Time limit (minutes)" errorText={shown.minutes}>
                  <Input type="number" value={draft.minutes} onChange={({ detail }) => set({ minutes: detail.value })} />
                </FormField>
              </SpaceBetween>
            </Container>
            <ExpandableSection headerText="Metrics from the log" variant="container">
              <FormField label="Metric definitions" description="The first group of the expression is the value, e.g. loss=([0-9.]+)" stretch>
                <PairsEditor items={draft.metrics} set={(metrics) => set({ metrics })} keyLabel="Metric" valueLabel="Regular expression" add="Add metric" placeholder="loss=([0-9.]+)" />
              </FormField>
            </ExpandableSection>
            <ExpandableSection headerText="The same in Python" variant="container">
              <Code text={asPython(requestFrom({ ...draft, source: draft.source || `s3://${bucket}/${draft.name}/source/sourcedir.tar.gz` }, role))} />
            </ExpandableSection>
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}

