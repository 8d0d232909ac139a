import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { sagemaker } from "../../api/client";
import type { ModelSummary, TransformJob } from "../../api/types";
import { pythonOf } from "../../shared/code";
import { describe, useStudio } from "../../shared/context";
import { Code } from "../../shared/parts";
import { BatchFields, BatchMore, Compute, Text } from "../deploy/fields";
import { batchProblems, newBatch, newDraft, problemsOf, transformRequest } from "../deploy/request";
import { batchOf } from "./clone";

const stamp = () => new Date().toISOString().replace(/[-:T]/g, "").slice(4, 14);

export function CreateTransformPage() {
  const { session, fail } = useStudio();
  const navigate = useNavigate();
  const { from, model: given, input } = useSearch({ strict: false }) as { from?: string; model?: string; input?: string };
  const bucket = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
  const [name, setName] = useState(`batch-${stamp()}`);
  const [model, setModel] = useState(given ?? "");
  const [size, setSize] = useState({ type: "ml.m5.large", count: "1" });
  const [batch, setBatch] = useState({ ...newBatch(bucket), input: input ?? "" });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const models = useQuery({ queryKey: ["list", "Model", "all"], queryFn: () => sagemaker<{ Models: ModelSummary[] }>("ListModels", { MaxResults: 100 }) });
  useEffect(() => {
    if (!from) return;
    sagemaker<TransformJob>("DescribeTransformJob", { TransformJobName: from })
      .then((job) => {
        setName(`${from.slice(0, 48)}-${stamp()}`);
        setModel(job.ModelName);
        setSize({ type: job.TransformResources.InstanceType, count: String(job.TransformResources.InstanceCount) });
        setBatch(batchOf(job, bucket));
      })
      .catch((error: unknown) => fail(`Reading ${from}`, error));
    // The form is filled once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [from]);
  const options = (models.data?.Models ?? []).map((one) => ({ value: one.ModelName, label: one.ModelName }));
  const common = problemsOf({ ...newDraft(name, bucket), ...size });
  const problems = { ...common, ...batchProblems(batch) };
  const shown = tried ? problems : {};
  const request = transformRequest(name, model, size.type, Number(size.count), batch);
  const submit = async () => {
    setTried(true);
    setRefused(undefined);
    if (Object.keys(problems).length || !model) return;
    setBusy(true);
    try {
      await sagemaker("CreateTransformJob", request);
      await navigate({ to: `/batch/${name}` });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <ContentLayout header={<Header variant="h1">{from ? `Clone ${from}` : "Create batch transform job"}</Header>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" onClick={() => void navigate({ to: "/batch" })}>
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
              <Alert type="error" header="The job was not created">
                {describe(refused)}
              </Alert>
            )}
            <Container header={<Header variant="h2">What runs</Header>}>
              <SpaceBetween size="m">
                <Text label="Name" value={name} error={shown.name} change={setName} />
                <FormField label="Model" errorText={tried && !model ? "Choose a model." : undefined}>
                  <Select
                    filteringType="auto"
                    placeholder="Choose a model"
                    options={options}
                    statusType={models.isPending ? "loading" : "finished"}
                    selectedOption={model ? { value: model, label: model } : null}
                    onChange={({ detail }) => setModel(detail.selectedOption.value ?? "")}
                  />
                </FormField>
                <Compute draft={size} set={(part) => setSize({ ...size, ...part })} problems={shown} />
              </SpaceBetween>
            </Container>
            <Container header={<Header variant="h2">Data</Header>}>
              <BatchFields draft={batch} set={(part) => setBatch({ ...batch, ...part })} problems={shown} />
            </Container>
            <ExpandableSection headerText="Records, joins and filters" variant="container" defaultExpanded>
              <BatchMore draft={batch} set={(part) => setBatch({ ...batch, ...part })} problems={shown} />
            </ExpandableSection>
            <ExpandableSection headerText="The same in Python" variant="container">
              <Code text={pythonOf([{ operation: "CreateTransformJob", input: request }])} />
            </ExpandableSection>
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}
