// Deploy: from a finished job or a model to an endpoint, in one dialog with defaults that do.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ApiError, sagemaker, studio } from "../../api/client";
import type { InstanceType, Job, Machine } from "../../api/types";
import { type DeployRequest, describe, useStudio } from "../../shared/context";
import { bytes, money } from "../../shared/format";

const stamp = () => new Date().toISOString().replace(/[-:T]/g, "").slice(4, 14);

/** The model of a job: made once, under the job's own name. */
async function modelOf(request: DeployRequest, role: string): Promise<string> {
  if (request.model) return request.model;
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

export function DeployDialog({ request, close }: { request: DeployRequest; close: () => void }) {
  const { session, notify } = useStudio();
  const navigate = useNavigate();
  const subject = request.job ?? request.model ?? "";
  const [name, setName] = useState(`${subject.slice(0, 48)}-${stamp()}`);
  const [type, setType] = useState("ml.m5.large");
  const [count, setCount] = useState("1");
  const [step, setStep] = useState("");
  const [refused, setRefused] = useState<unknown>();
  const types = useQuery({ queryKey: ["instance-types"], queryFn: () => studio<{ InstanceTypes: InstanceType[] }>("ListInstanceTypes"), staleTime: Infinity });
  const machine = useQuery({ queryKey: ["machine"], queryFn: () => studio<Machine>("DescribeMachine") });
  const chosen = types.data?.InstanceTypes.find((one) => one.InstanceType === type);
  const free = machine.data ? machine.data.Total.Memory - machine.data.Granted.Memory : undefined;
  const options = (types.data?.InstanceTypes ?? [])
    .filter((one) => !one.InstanceType.startsWith("ml.t3"))
    .map((one) => ({
      value: one.InstanceType,
      label: one.InstanceType,
      description: `${one.Cores} cores, ${bytes(one.Memory)} · ${money(one.PricePerHour)}/h list price`,
      tags: one.Fits ? [] : ["larger than this machine"],
    }));
  const bad = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(name) ? "" : "Letters, digits and single dashes between them; 63 at most.";
  const deploy = async () => {
    setRefused(undefined);
    const role = `arn:aws:iam::${session.project?.account ?? ""}:role/studiolo-execution-role`;
    try {
      setStep("Making the model");
      const model = await modelOf(request, role);
      setStep("Making the configuration");
      await sagemaker("CreateEndpointConfig", {
        EndpointConfigName: name,
        ProductionVariants: [{ VariantName: "AllTraffic", ModelName: model, InstanceType: type, InitialInstanceCount: Number(count) }],
      });
      setStep("Creating the endpoint");
      await sagemaker("CreateEndpoint", { EndpointName: name, EndpointConfigName: name });
      notify({ id: name, type: "success", content: `The endpoint ${name} is being created.`, dismissible: true });
      close();
      await navigate({ to: `/endpoints/${name}` });
    } catch (error) {
      setRefused(error);
      setStep("");
    }
  };
  return (
    <Modal
      visible
      onDismiss={close}
      header={`Deploy ${subject}`}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={Boolean(step)} loadingText={step} disabled={Boolean(bad)} onClick={() => void deploy()}>
              Deploy
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && (
          <Alert type="error" header="Not deployed">
            {describe(refused)}
          </Alert>
        )}
        <FormField label="Endpoint name" description="A real-time endpoint: it answers as long as it exists." errorText={bad}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField
          label="Instance type"
          description={free === undefined ? undefined : `${bytes(Math.max(free, 0))} of ${bytes(machine.data!.Total.Memory)} of memory are free for it now.`}
          warningText={chosen && free !== undefined && chosen.Memory > free ? "It will wait until there is room for it." : undefined}
        >
          <Select
            filteringType="auto"
            options={options}
            selectedOption={options.find((one) => one.value === type) ?? { value: type, label: type }}
            onChange={({ detail }) => setType(detail.selectedOption.value ?? type)}
          />
        </FormField>
        <FormField label="Instances" constraintText={chosen ? `About ${money(chosen.PricePerHour * Number(count) * 24)} a day at AWS's list price; nothing here.` : undefined}>
          <Input type="number" value={count} onChange={({ detail }) => setCount(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
