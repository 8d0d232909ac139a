import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { nameProblem } from "./types";

const SIZES = [
  { value: "Small", label: "Small", description: "2 cores, 4 GB" },
  { value: "Medium", label: "Medium", description: "2 cores, 8 GB" },
  { value: "Large", label: "Large", description: "4 cores, 16 GB" },
];

export function CreateServer({ close }: { close: () => void }) {
  const { session } = useStudio();
  const client = useQueryClient();
  const account = session.project?.account ?? "";
  const [name, setName] = useState("");
  const [place, setPlace] = useState<string>();
  const [size, setSize] = useState("Small");
  const [tried, setTried] = useState(false);
  const files = place ?? `s3://sagemaker-us-east-1-${account}/mlflow-${name || "…"}`;
  const problem = nameProblem(name);
  const submit = async () => {
    setTried(true);
    if (problem) return false;
    const role = `arn:aws:iam::${account}:role/studiolo-execution-role`;
    await sagemaker("CreateMlflowTrackingServer", { TrackingServerName: name, ArtifactStoreUri: files, TrackingServerSize: size, RoleArn: role });
    await client.invalidateQueries({ queryKey: ["list", "MlflowTrackingServer"] });
    return true;
  };
  return (
    <Dialog enter title="New tracking server" verb="Create" close={close} act={submit}>
      <FormField label="Name" errorText={tried ? problem : undefined}>
        <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label="Files of runs" description="Where models and other files that runs log are kept.">
        <Input value={files} spellcheck={false} onChange={({ detail }) => setPlace(detail.value)} />
      </FormField>
      <FormField label="Size" description="What it may use at most. It sleeps when nobody asks.">
        <Select options={SIZES} selectedOption={SIZES.find((one) => one.value === size) ?? null} onChange={({ detail }) => setSize(detail.selectedOption.value ?? size)} />
      </FormField>
    </Dialog>
  );
}
