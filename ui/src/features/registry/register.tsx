// Registering what a finished job left as the next version of a model, in a group that is there or a new one.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { upload } from "../../api/s3";
import type { Job } from "../../api/types";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { number, parseS3 } from "../../shared/format";
import { ensureGroup, GROUP_NAME, GroupField } from "../../shared/group-field";
import { packageRequest, reportUri } from "./request";

export function RegisterDialog({ job: name, close }: { job: string; close: () => void }) {
  const { notify } = useStudio();
  const client = useQueryClient();
  const navigate = useNavigate();
  const job = useQuery({ queryKey: ["TrainingJob", name], queryFn: () => sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name }) });
  const [group, setGroup] = useState("");
  const [told, setTold] = useState("");
  const [takes, setTakes] = useState("text/csv");
  const [answers, setAnswers] = useState("text/csv");
  const [approved, setApproved] = useState(false);
  const [why, setWhy] = useState("");
  const metrics = job.data?.FinalMetricDataList ?? [];
  const register = async () => {
    if (!job.data) return false;
    await ensureGroup(group);
    if (metrics.length) {
      const { bucket, key } = parseS3(reportUri(job.data));
      const report = { training_job_metrics: Object.fromEntries(metrics.map((one) => [one.MetricName, { value: one.Value }])) };
      await upload(bucket, key, new Blob([JSON.stringify(report)], { type: "application/json" }), () => undefined, new AbortController().signal);
    }
    const made = await sagemaker<{ ModelPackageArn: string }>("CreateModelPackage", packageRequest(job.data, { group, told, takes, answers, approved, why }));
    const version = made.ModelPackageArn.split("/").pop() ?? "";
    await client.invalidateQueries({ queryKey: ["list"] });
    notify({ id: made.ModelPackageArn, type: "success", content: `${name} is version ${version} of ${group}.`, dismissible: true });
    return () => navigate({ to: `/registry/${group}/${version}` });
  };
  return (
    <Dialog title={`Register ${name}`} verb="Register" close={close} act={register} waiting={job.isPending} disabled={!GROUP_NAME.test(group)} error={job.error}>
      <GroupField label="Model group" description="It holds the versions of one model. A new name makes a new group." value={group} change={setGroup} />
      <FormField label="Description">
        <Input value={told} onChange={({ detail }) => setTold(detail.value)} placeholder="What is new in it" />
      </FormField>
      <ColumnLayout columns={2}>
        <Types label="Takes" value={takes} change={setTakes} />
        <Types label="Answers" value={answers} change={setAnswers} />
      </ColumnLayout>
      {metrics.length > 0 && <KeyValuePairs columns={4} items={metrics.map((one) => ({ label: one.MetricName, value: number(one.Value) }))} />}
      <Checkbox checked={approved} onChange={({ detail }) => setApproved(detail.checked)} description="Otherwise it waits for somebody's approval.">
        Approve it at once
      </Checkbox>
      {approved && (
        <FormField label="Why">
          <Input value={why} onChange={({ detail }) => setWhy(detail.value)} />
        </FormField>
      )}
    </Dialog>
  );
}

const KNOWN = ["text/csv", "application/json", "application/x-npy", "application/jsonlines"].map((value) => ({ value }));
const Types = ({ label, value, change }: { label: string; value: string; change: (value: string) => void }) => (
  <FormField label={label} description="Content types, with commas">
    <Autosuggest value={value} options={KNOWN} onChange={({ detail }) => change(detail.value)} enteredTextLabel={(text) => `Use ${text}`} />
  </FormField>
);
