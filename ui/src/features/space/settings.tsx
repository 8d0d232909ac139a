// The dialog that makes a space, and the one that changes its size and idle time.
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { Dialog } from "../../shared/dialog";
import { bytes } from "../../shared/format";
import { freeNow, useMachine, useTypes } from "../../shared/prices";
import { restart } from "./actions";
import { useOwn } from "./query";
import { runs, type SpaceState } from "./types";

const FAMILIES = /^ml\.(t3|m5|c5|r5|g4dn|g5)\./;
const IDLE = [
  { value: "", label: "Never stopped" },
  { value: "60", label: "Stopped after 1 hour without use" },
  { value: "120", label: "Stopped after 2 hours without use" },
  { value: "480", label: "Stopped after 8 hours without use" },
  { value: "1440", label: "Stopped after a day without use" },
];

export const settingsOf = (type: string, size: string, idle: string) => ({
  AppType: type,
  [`${type}AppSettings`]: {
    DefaultResourceSpec: { InstanceType: size },
    ...(idle ? { AppLifecycleManagement: { IdleSettings: { IdleTimeoutInMinutes: Number(idle) } } } : {}),
  },
});

interface SizeProps {
  size: string;
  setSize: (size: string) => void;
  idle: string;
  setIdle: (idle: string) => void;
}

function Size({ size, setSize, idle, setIdle }: SizeProps) {
  const types = useTypes();
  const machine = useMachine();
  const options = (types.data ?? [])
    .filter((one) => FAMILIES.test(one.InstanceType))
    .map((one) => ({
      value: one.InstanceType,
      label: one.InstanceType,
      description: `${one.Cores} cores, ${bytes(one.Memory)}`,
      tags: one.Fits ? [] : ["larger than this machine"],
    }));
  const idles = IDLE.some((one) => one.value === idle) ? IDLE : [...IDLE, { value: idle, label: `Stopped after ${idle} minutes without use` }];
  return (
    <SpaceBetween size="l">
      <FormField label="Size" description="What it may use at most." constraintText={freeNow(machine.data)}>
        <Select
          filteringType="auto"
          options={options}
          selectedOption={options.find((one) => one.value === size) ?? { value: size, label: size }}
          onChange={({ detail }) => setSize(detail.selectedOption.value ?? size)}
        />
      </FormField>
      <FormField label="When nobody uses it" description="A cell that computes or a terminal that prints counts as use.">
        <Select options={idles} selectedOption={idles.find((one) => one.value === idle) ?? null} onChange={({ detail }) => setIdle(detail.selectedOption.value ?? "")} />
      </FormField>
    </SpaceBetween>
  );
}

const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

export function CreateSpace({ close }: { close: () => void }) {
  const own = useOwn();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [type, setType] = useState("JupyterLab");
  const [sharing, setSharing] = useState("Private");
  const [size, setSize] = useState("ml.t3.medium");
  const [idle, setIdle] = useState("120");
  const good = NAME.test(name);
  const editor = own.data?.Apps.find((one) => one.AppType === "CodeEditor")?.Lacks;
  const make = async () => {
    if (!own.data) throw own.error ?? new Error("The studio has not answered yet: try again.");
    await sagemaker("CreateSpace", {
      DomainId: own.data.DomainId,
      SpaceName: name,
      OwnershipSettings: { OwnerUserProfileName: own.data.UserProfileName },
      SpaceSharingSettings: { SharingType: sharing },
      SpaceSettings: settingsOf(type, size, idle),
    });
    await client.invalidateQueries({ queryKey: ["list", "Space"] });
    return () => navigate({ to: `/spaces/${name}`, search: { view: "open" } as never });
  };
  return (
    <Dialog enter title="Create space" verb="Create and open" close={close} act={make} disabled={!good}>
      <FormField
        label="Name"
        constraintText="Letters, digits and hyphens; part of its address."
        errorText={name && !good ? "Letters, digits and single hyphens between them, at most 63." : undefined}
      >
        <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
      </FormField>
      <FormField label="Application">
        <RadioGroup
          value={type}
          onChange={({ detail }) => setType(detail.value)}
          items={[
            { value: "JupyterLab", label: "JupyterLab", description: "Notebooks, which several people may write at once." },
            { value: "CodeEditor", label: "Code Editor", description: editor || "VS Code in the browser. It is installed at the first start.", disabled: Boolean(editor) },
          ]}
        />
      </FormField>
      <FormField label="For whom">
        <RadioGroup
          value={sharing}
          onChange={({ detail }) => setSharing(detail.value)}
          items={[
            { value: "Private", label: "Private", description: "Only you can open it." },
            { value: "Shared", label: "Shared", description: "Everybody who may run things in this project works in it together, and can act as you there." },
          ]}
        />
      </FormField>
      <Size size={size} setSize={setSize} idle={idle} setIdle={setIdle} />
    </Dialog>
  );
}

export function ChangeSpace({ state, close }: { state: SpaceState; close: () => void }) {
  const client = useQueryClient();
  const [size, setSize] = useState(state.InstanceType);
  const [idle, setIdle] = useState(state.IdleMinutes === undefined ? "" : String(state.IdleMinutes));
  const again = runs(state.App) && size !== state.App?.InstanceType;
  const change = async () => {
    await sagemaker("UpdateSpace", { DomainId: state.DomainId, SpaceName: state.SpaceName, SpaceSettings: settingsOf(state.AppType, size, idle) });
    if (again && !state.NoEntry) await restart(state.SpaceName);
    await client.invalidateQueries({ queryKey: ["Space", state.SpaceName] });
    close();
  };
  return (
    <Dialog title={`Size and idle time of ${state.SpaceName}`} verb={again ? "Save and restart" : "Save"} close={close} act={change}>
      <Size size={size} setSize={setSize} idle={idle} setIdle={setIdle} />
      {again && <Alert type="warning">The space restarts: what its kernels hold in memory is lost, files stay.</Alert>}
    </Dialog>
  );
}
