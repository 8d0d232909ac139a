// Running a notebook: with which values, where, and when.
import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";

import { studio } from "../../api/client";
import type { ImageEntry, InstanceType } from "../../api/types";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { parametersOf } from "../../shared/notebook-document";
import type { Source } from "./types";

const DEFAULT_IMAGE = "sagemaker-distribution:latest";
const WHEN = [
  { value: "", label: "Now, once" },
  { value: "cron(0 * * * ? *)", label: "Every hour" },
  { value: "cron(0 3 * * ? *)", label: "Every day at 03:00" },
  { value: "cron(0 6 ? * MON-FRI *)", label: "On weekdays at 06:00" },
  { value: "cron(0 6 ? * MON *)", label: "On Mondays at 06:00" },
  { value: "own", label: "Another schedule…" },
];

/** Prefilled from the cell tagged "parameters", where the file can be read. */
function useFirst(address: string | undefined, set: (rows: { name: string; value: string }[]) => void) {
  useEffect(() => {
    if (!address) return;
    fetch(address, { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((document) => set(parametersOf(document)))
      .catch(() => undefined);
  }, [address, set]);
}

export function RunDialog({ source, close }: { source: Source; close: () => void }) {
  const { session } = useStudio();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [uri, setUri] = useState(source.S3Uri ?? `s3://sagemaker-us-east-1-${session.project?.account ?? ""}/`);
  const [image, setImage] = useState(DEFAULT_IMAGE);
  const [size, setSize] = useState("ml.m5.large");
  const [rows, setRows] = useState<{ name: string; value: string }[]>([]);
  const [when, setWhen] = useState("");
  const [own, setOwn] = useState("rate(1 day)");
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
  const file = (source.Path ?? uri).split("/").pop() ?? "";
  const [name, setName] = useState(
    file
      .replace(/\.ipynb$/, "")
      .replace(/[^a-zA-Z0-9]+/g, "-")
      .replace(/^-|-$/g, ""),
  );
  useFirst(source.address, setRows);
  const images = useQuery({ queryKey: ["images"], queryFn: () => studio<{ Images: ImageEntry[] }>("ListImages") });
  const types = useQuery({ queryKey: ["instance-types"], queryFn: () => studio<{ InstanceTypes: InstanceType[] }>("ListInstanceTypes"), staleTime: Infinity });
  const imageOptions = useMemo(() => {
    const all = (images.data?.Images ?? []).map((one) => ({ value: one.Image, label: `${one.Framework} · ${one.Name}`, description: one.Version }));
    return [{ value: DEFAULT_IMAGE, label: "As in spaces (JupyterLab)", description: "The environment notebooks of spaces run in" }, ...all.filter((one) => one.value !== DEFAULT_IMAGE)];
  }, [images.data]);
  const typeOptions = (types.data?.InstanceTypes ?? []).filter((one) => one.Fits).map((one) => ({ value: one.InstanceType, label: one.InstanceType }));
  const later = when !== "";
  const submit = async () => {
    const place = source.SpaceName ? { SpaceName: source.SpaceName, Path: source.Path } : { S3Uri: uri };
    const how = { Image: image, InstanceType: size, Parameters: Object.fromEntries(rows.filter((one) => one.name).map((one) => [one.name, one.value])) };
    if (later) {
      const expression = when === "own" ? own : when;
      await studio("PutNotebookSchedule", { NotebookScheduleName: name, ScheduleExpression: expression, ScheduleExpressionTimezone: zone, ...place, ...how });
      await client.invalidateQueries({ queryKey: ["notebook-schedules"] });
      return () => navigate({ to: "/notebook-jobs", search: { tab: "schedules" } as never });
    } else {
      const made = await studio<{ TrainingJobName: string }>("RunNotebook", { NotebookJobName: name || undefined, ...place, ...how });
      return () => navigate({ to: `/notebook-jobs/${made.TrainingJobName}` });
    }
  };
  return (
    <Dialog
      size="large"
      title={source.Path ? `Run ${file}` : "Run a notebook"}
      verb={later ? "Schedule" : "Run"}
      close={close}
      act={submit}
      disabled={(later && !name) || (!source.Path && !uri.endsWith(".ipynb"))}
    >
      {!source.Path && (
        <FormField label="Notebook" description="An .ipynb in S3; a space's own are run from its files.">
          <Input value={uri} onChange={({ detail }) => setUri(detail.value)} />
        </FormField>
      )}
      <FormField label="Parameters" description="They replace those of the cell tagged “parameters”.">
        <AttributeEditor
          items={rows}
          addButtonText="Add parameter"
          removeButtonText="Remove"
          empty="None: the notebook runs as it is."
          onAddButtonClick={() => setRows([...rows, { name: "", value: "" }])}
          onRemoveButtonClick={({ detail }) => setRows(rows.filter((_, number) => number !== detail.itemIndex))}
          definition={[
            {
              label: "Name",
              control: (row, at) => <Input ariaLabel={`Name of parameter ${at + 1}`} value={row.name} onChange={({ detail }) => setRows(rows.map((one, number) => (number === at ? { ...one, name: detail.value } : one)))} />,
            },
            {
              label: "Value",
              control: (row, at) => <Input ariaLabel={`Value of ${row.name || `parameter ${at + 1}`}`} value={row.value} onChange={({ detail }) => setRows(rows.map((one, number) => (number === at ? { ...one, value: detail.value } : one)))} />,
            },
          ]}
        />
      </FormField>
      <FormField label="Environment" description="papermill is added to it.">
        <Select options={imageOptions} selectedOption={imageOptions.find((one) => one.value === image) ?? null} filteringType="auto" onChange={({ detail }) => setImage(detail.selectedOption.value ?? image)} />
      </FormField>
      <FormField label="Instance type">
        <Select options={typeOptions} selectedOption={typeOptions.find((one) => one.value === size) ?? { value: size, label: size }} filteringType="auto" onChange={({ detail }) => setSize(detail.selectedOption.value ?? size)} />
      </FormField>
      <FormField label="When">
        <Select options={WHEN} selectedOption={WHEN.find((one) => one.value === when) ?? null} onChange={({ detail }) => setWhen(detail.selectedOption.value ?? "")} />
      </FormField>
      {when === "own" && (
        <FormField label="Schedule" constraintText="cron(minutes hours day-of-month month day-of-week year), rate(1 day) or at(2026-12-24T18:00:00)">
          <Input value={own} onChange={({ detail }) => setOwn(detail.value)} />
        </FormField>
      )}
      {later && (
        <FormField label="Time zone">
          <Input value={zone} onChange={({ detail }) => setZone(detail.value)} />
        </FormField>
      )}
      <FormField label="Name" constraintText={later ? "Of the schedule: letters, digits and hyphens." : "Runs bear it, with the time behind it."}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      {later && <Alert type="info">The notebook runs as it is now; schedule it again under the same name to take it anew.</Alert>}
    </Dialog>
  );
}
