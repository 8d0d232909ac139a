import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { describe, useStudio } from "../../shared/context";
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
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const files = place ?? `s3://sagemaker-us-east-1-${account}/mlflow-${name || "…"}`;
  const problem = nameProblem(name);
  const submit = async () => {
    setTried(true);
    if (problem) return;
    setBusy(true);
    setRefused(undefined);
    try {
      const role = `arn:aws:iam::${account}:role/studiolo-execution-role`;
      await sagemaker("CreateMlflowTrackingServer", { TrackingServerName: name, ArtifactStoreUri: files, TrackingServerSize: size, RoleArn: role });
      await client.invalidateQueries({ queryKey: ["list", "MlflowTrackingServer"] });
      close();
    } catch (error) {
      setRefused(error);
      setBusy(false);
    }
  };
  return (
    <Modal
      visible
      header="New tracking server"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void submit()}>
              Create
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        <FormField label="Name" errorText={tried ? problem : undefined}>
          <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <FormField label="Files of runs" description="Where models and other files that runs log are kept.">
          <Input value={files} spellcheck={false} onChange={({ detail }) => setPlace(detail.value)} />
        </FormField>
        <FormField label="Size" description="What it may use at most. It sleeps when nobody asks.">
          <Select options={SIZES} selectedOption={SIZES.find((one) => one.value === size) ?? null} onChange={({ detail }) => setSize(detail.selectedOption.value ?? size)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
