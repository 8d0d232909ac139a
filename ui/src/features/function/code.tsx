// A function's files: read, edited, added, and saved together; what is not text here stays as it is.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { updateCode } from "../../api/automation";
import { studio } from "../../api/client";
import { base64 } from "../../api/zip";
import { AskName } from "../../shared/ask-name";
import { describe, useStudio } from "../../shared/context";
import { CodeEditor } from "../../shared/editor";
import { bytes } from "../../shared/format";
import { Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";

interface Files {
  Files: { Path: string; Size: number; Text?: string }[];
  Truncated: boolean;
  RevisionId: string;
}

export function FunctionCode({ name }: { name: string }) {
  const query = useQuery({ queryKey: ["Function", name, "code"], queryFn: () => studio<Files>("GetFunctionCode", { FunctionName: name }), refetchOnWindowFocus: false });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  return <Edit key={query.data.RevisionId} name={name} held={query.data} />;
}

function Edit({ name, held }: { name: string; held: Files }) {
  const client = useQueryClient();
  const { canWrite, notify, confirm } = useStudio();
  const writing = canWrite ? undefined : "Viewers can't change functions in this project.";
  const [changed, setChanged] = useState<Record<string, string>>({});
  const [removed, setRemoved] = useState<string[]>([]);
  const [chosen, setChosen] = useState(() => (held.Files.find((one) => one.Path.endsWith(".py") && one.Text !== undefined) ?? held.Files[0])?.Path ?? "");
  const [naming, setNaming] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const upload = useRef<HTMLInputElement>(null);
  const known = new Map(held.Files.map((one) => [one.Path, one]));
  const paths = [...held.Files.map((one) => one.Path), ...Object.keys(changed).filter((one) => !known.has(one))].filter((one) => !removed.includes(one));
  const text = changed[chosen] ?? known.get(chosen)?.Text;
  const dirty = Object.entries(changed).filter(([path, to]) => known.get(path)?.Text !== to);
  const reload = () => client.invalidateQueries({ queryKey: ["Function", name] });
  const act = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setRefused(undefined);
    try {
      await what();
      await reload();
      notify({ id: `saved ${name}`, type: "success", content: "Saved: the next call runs it.", dismissible: true });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  const nothing = dirty.length === 0 && removed.length === 0;
  const save = () => {
    if (writing || nothing || busy) return;
    void act(() => studio("PutFunctionFiles", { FunctionName: name, RevisionId: held.RevisionId, Files: dirty.map(([Path, Text]) => ({ Path, Text })), Remove: removed }));
  };
  const replace = (file: File) =>
    confirm({
      title: `Replace all code of ${name}?`,
      text: `${file.name} takes the place of every file there is.`,
      verb: "Replace",
      act: async () => {
        await updateCode(name, { ZipFile: base64(new Uint8Array(await file.arrayBuffer())), RevisionId: held.RevisionId });
        await reload();
      },
    });
  const options = paths.map((one) => ({ value: one, label: `${one}${dirty.some(([path]) => path === one) ? " •" : ""}`, description: known.get(one) ? bytes(known.get(one)!.Size) : "new" }));
  return (
    <SpaceBetween size="s">
      {refused !== undefined && (
        <Alert type="error" header="The code was not saved">
          {describe(refused)}
        </Alert>
      )}
      <div className="filters">
        <Select ariaLabel="File" filteringType={paths.length > 12 ? "auto" : "none"} options={options} selectedOption={options.find((one) => one.value === chosen) ?? null} onChange={({ detail }) => setChosen(detail.selectedOption.value!)} />
        <Button disabled={Boolean(writing)} disabledReason={writing} onClick={() => setNaming(true)}>
          New file
        </Button>
        <Button
          disabled={Boolean(writing) || paths.length < 2}
          disabledReason={writing ?? "It is the only file."}
          onClick={() => {
            setRemoved(known.has(chosen) ? [...removed, chosen] : removed);
            setChanged(Object.fromEntries(Object.entries(changed).filter(([path]) => path !== chosen)));
            setChosen(paths.find((one) => one !== chosen) ?? "");
          }}
        >
          Remove file
        </Button>
        <Button disabled={Boolean(writing)} disabledReason={writing} onClick={() => upload.current?.click()}>
          Upload a zip…
        </Button>
        <Button variant="primary" loading={busy} disabled={Boolean(writing) || nothing} disabledReason={writing ?? "Nothing was changed."} onClick={save}>
          Save
        </Button>
        <input
          ref={upload}
          type="file"
          accept=".zip"
          hidden
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) replace(file);
            event.target.value = "";
          }}
        />
      </div>
      {text === undefined ? <Box color="text-body-secondary">{chosen ? `${chosen} is not text, or too large to be shown here. It stays as it is.` : "There is no file."}</Box> : <CodeEditor label={`Code of ${chosen}`} value={text} set={(to) => setChanged({ ...changed, [chosen]: to })} save={save} readOnly={Boolean(writing)} />}
      <p className="hint">
        {held.Truncated ? "Not all files are shown; those that are not stay as they are. " : ""}
        <kbd>Ctrl S</kbd> saves all files; a call that has begun keeps the code it began with.
      </p>
      {naming && (
        <AskName
          title="New file"
          text="A path inside of the code, such as helpers.py or rules/limits.json."
          verb="Add"
          close={() => setNaming(false)}
          save={(path) => {
            setChanged({ ...changed, [path]: changed[path] ?? "" });
            setRemoved(removed.filter((one) => one !== path));
            setChosen(path);
          }}
        />
      )}
    </SpaceBetween>
  );
}
