// Deploy: from a finished job or a model to an endpoint or a batch job, in one dialog with defaults that do.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ApiError, sagemaker } from "../../api/client";
import { createTopic, subscribe } from "../../api/sns";
import type { Endpoint, Job, Model } from "../../api/types";
import { pythonOf } from "../../shared/code";
import { type DeployRequest, describe, useStudio } from "../../shared/context";
import { Code } from "../../shared/parts";
import { useTypes } from "../../shared/prices";
import { ShareFields } from "../inference-component/form";
import { SharedFields } from "../inference-component/shared";
import { AsyncFields, BatchFields, BatchMore, CaptureFields, Compute, ServerlessFields, Text } from "./fields";
import { callsOf, costOf, type Draft, type Mode, newDraft, problemsOf } from "./request";

const stamp = () => new Date().toISOString().replace(/[-:T]/g, "").slice(4, 14);

/** The model of a registered version: made once, unless the name is another model's. */
async function modelOfVersion(version: { arn: string; name: string }, role: string): Promise<string> {
  const make = async (ModelName: string) => {
    await sagemaker("CreateModel", { ModelName, ExecutionRoleArn: role, PrimaryContainer: { ModelPackageName: version.arn } });
    return ModelName;
  };
  const name = version.name.length > 63 ? version.name.slice(-63).replace(/^-+/, "") : version.name;
  try {
    return await make(name);
  } catch (error) {
    if (!(error instanceof ApiError && error.message.includes("already existing model"))) throw error;
  }
  const there = await sagemaker<Model>("DescribeModel", { ModelName: name });
  const container = there.PrimaryContainer ?? there.Containers?.[0];
  return container?.ModelPackageName === version.arn ? name : make(`${name.slice(0, 52)}-${stamp()}`);
}

/** The model of a job: made once, under the job's own name. */
async function modelOf(request: DeployRequest, role: string): Promise<string> {
  if (request.model) return request.model;
  if (request.version) return modelOfVersion(request.version, role);
  const job = await sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: request.job });
  const program = job.HyperParameters?.sagemaker_program?.replace(/^"|"$/g, "");
  try {
    await sagemaker("CreateModel", {
      ModelName: job.TrainingJobName,
      ExecutionRoleArn: role,
      PrimaryContainer: { Image: job.AlgorithmSpecification.TrainingImage, ModelDataUrl: job.ModelArtifacts?.S3ModelArtifacts },
      Tags: [{ Key: "studiolo:training-job", Value: job.TrainingJobName }, ...(program ? [{ Key: "studiolo:program", Value: program }] : [])],
    });
  } catch (error) {
    if (!(error instanceof ApiError && error.message.includes("already existing model"))) throw error;
  }
  return job.TrainingJobName;
}

/** A webhook's address becomes a topic with it as its subscriber, since notifications go to topics. */
async function withTopics(draft: Draft): Promise<Draft> {
  const topic = async (text: string, what: string) => {
    if (!text || text.startsWith("arn:")) return text;
    const arn = await createTopic(`${draft.name}-${what}`);
    await subscribe(arn, text);
    return arn;
  };
  return { ...draft, success: await topic(draft.success, "success"), failure: await topic(draft.failure, "failure") };
}

/** Until the endpoint takes components. It has no model to load: a moment. */
async function inService(name: string) {
  for (;;) {
    const seen = await sagemaker<Endpoint>("DescribeEndpoint", { EndpointName: name });
    if (seen.EndpointStatus === "InService") return;
    if (seen.EndpointStatus === "Failed") throw new Error(seen.FailureReason ?? `The endpoint ${name} failed.`);
    await new Promise((resolve) => window.setTimeout(resolve, 300));
  }
}

const WAYS: { value: Mode; label: string; description: string; needs?: string }[] = [
  { value: "realtime", label: "Real-time", description: "Always on. Answers in milliseconds." },
  { value: "shared", label: "Shared", description: "Beside other models on the same instances.", needs: "sagemaker:CreateInferenceComponent" },
  { value: "serverless", label: "Serverless", description: "Sleeps when idle, wakes on a call." },
  { value: "async", label: "Asynchronous", description: "Queue for large or slow requests.", needs: "sagemaker-runtime:InvokeEndpointAsync" },
  { value: "batch", label: "Batch", description: "Score a data set once.", needs: "sagemaker:CreateTransformJob" },
];

export function DeployDialog({ request, close }: { request: DeployRequest; close: () => void }) {
  const { session, notify, can } = useStudio();
  const navigate = useNavigate();
  const account = session.project?.account ?? "";
  const subject = request.job ?? request.model ?? request.version?.name ?? "";
  const [draft, setDraft] = useState<Draft>(() => ({ ...newDraft(`${subject.slice(0, 48)}-${stamp()}`, `sagemaker-us-east-1-${account}`), mode: request.mode ?? "realtime" }));
  const set = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const [tried, setTried] = useState(false);
  const [step, setStep] = useState("");
  const [refused, setRefused] = useState<unknown>();
  const types = useTypes();
  const all = problemsOf(draft);
  const problems = tried ? all : { name: all.name };
  const batch = draft.mode === "batch";
  const shared = draft.mode === "shared";
  const role = `arn:aws:iam::${account}:role/studiolo-execution-role`;
  const ways = WAYS.filter((one) => !one.needs || can(one.needs));
  const deploy = async () => {
    setTried(true);
    setRefused(undefined);
    if (Object.keys(all).length) return;
    try {
      setStep("Making the model");
      const model = await modelOf(request, role);
      setStep(batch ? "Starting the job" : shared && draft.endpoint ? "Adding the model" : "Creating the endpoint");
      const told = draft.mode === "async" ? await withTopics(draft) : draft;
      for (const call of callsOf(told, model, role)) {
        if (call.operation === "CreateInferenceComponent") await inService(draft.endpoint || draft.newEndpoint);
        await sagemaker(call.operation, call.input);
        // Made: another try, if what follows is refused, adds to it.
        if (shared && call.operation === "CreateEndpoint") set({ endpoint: draft.newEndpoint });
      }
      const done = batch ? `${draft.name} scores the data.` : shared ? `${draft.name} is being added to ${draft.endpoint || draft.newEndpoint}.` : `The endpoint ${draft.name} is being created.`;
      notify({ id: draft.name, type: "success", content: done, dismissible: true });
      close();
      if (shared) await navigate({ to: `/endpoints/${draft.endpoint || draft.newEndpoint}`, search: { tab: "components", component: draft.name } as never });
      else await navigate({ to: batch ? `/batch/${draft.name}` : `/endpoints/${draft.name}` });
    } catch (error) {
      setRefused(error);
      setStep("");
    }
  };
  const fields = { draft, set, problems };
  return (
    <Modal
      visible
      size="large"
      onDismiss={close}
      header={`Deploy ${subject}`}
      closeAriaLabel="Close"
      footer={
        <div className="dialog-foot">
          <Box color="text-body-secondary">{costOf(draft, types.data)}</Box>
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={Boolean(step)} loadingText={step} onClick={() => void deploy()}>
              {batch ? "Start" : "Deploy"}
            </Button>
          </SpaceBetween>
        </div>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && (
          <Alert type="error" header="Not deployed">
            {describe(refused)}
          </Alert>
        )}
        <Tiles
          ariaLabel="How will it be called?"
          columns={3}
          value={draft.mode}
          onChange={({ detail }) => set({ mode: detail.value as Mode })}
          items={ways}
        />
        <Text label={batch ? "Job name" : shared ? "Component name" : "Endpoint name"} description={shared ? "By which requests name the model." : undefined} value={draft.name} error={problems.name} change={(name) => set({ name })} />
        {shared && <SharedFields {...fields} />}
        {draft.mode === "serverless" ? <ServerlessFields {...fields} /> : !(shared && draft.endpoint) && <Compute {...fields} />}
        {shared && <ShareFields draft={draft.share} set={(part) => set({ share: { ...draft.share, ...part } })} problems={problems} />}
        {draft.mode === "async" && <AsyncFields {...fields} />}
        {draft.mode === "realtime" && <CaptureFields {...fields} />}
        {batch && <BatchFields draft={draft.batch} set={(part) => set({ batch: { ...draft.batch, ...part } })} problems={problems} />}
        {batch && (
          <ExpandableSection headerText="Records, joins and filters">
            <BatchMore draft={draft.batch} set={(part) => set({ batch: { ...draft.batch, ...part } })} problems={problems} />
          </ExpandableSection>
        )}
        <ExpandableSection headerText="The same in Python">
          <Code text={pythonOf(callsOf(draft, subject, role))} />
        </ExpandableSection>
      </SpaceBetween>
    </Modal>
  );
}
