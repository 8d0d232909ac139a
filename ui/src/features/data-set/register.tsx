// A new data set, or a new version of one: files from the desktop, or what lies below an address in S3.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Textarea from "@cloudscape-design/components/textarea";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";

import { studio } from "../../api/client";
import { upload } from "../../api/s3";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { filesOf } from "../../shared/drop";
import { bytes } from "../../shared/format";
import { nameProblem } from "./types";

interface Chosen {
  path: string;
  file: File;
}

/** name: of the data set that gets another version; none for a new one. */
export function RegisterDialog({ name: given, first, close }: { name?: string; first?: string; close: () => void }) {
  const { session } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const stop = useRef<AbortController>(undefined);
  const [name, setName] = useState(given ?? "");
  const [text, setText] = useState("");
  const [from, setFrom] = useState(first ? "s3" : "files");
  const [uri, setUri] = useState(first ?? "");
  const [files, setFiles] = useState<Chosen[]>([]);
  const [over, setOver] = useState(false);
  const [tried, setTried] = useState(false);
  const [sent, setSent] = useState<number>();
  const total = files.reduce((sum, one) => sum + one.file.size, 0);
  const bad = given ? undefined : nameProblem(name);
  const nothing = from === "files" ? (files.length > 0 ? undefined : "Choose at least one file.") : /^s3:\/\/[^/]+/.test(uri) ? undefined : "An address of the form s3://bucket/folder/.";
  const busy = sent !== undefined;

  const send = async (): Promise<string> => {
    if (from === "s3") return uri.trim();
    const bucket = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
    const folder = `data-sets/${name}/${crypto.randomUUID()}/`;
    stop.current = new AbortController();
    let before = 0;
    for (const one of files) {
      await upload(bucket, folder + one.path, one.file, (done) => setSent(before + done), stop.current.signal);
      before += one.file.size;
    }
    return `s3://${bucket}/${folder}`;
  };
  const submit = async () => {
    setTried(true);
    if (bad ?? nothing) return false;
    setSent(0);
    try {
      const S3Uri = await send();
      const asked = { DataSetName: name, S3Uri, Description: text || undefined };
      const made = await studio<{ Version: number }>(given ? "RegisterDataSetVersion" : "CreateDataSet", asked);
      await client.invalidateQueries({ queryKey: ["DataSet", name] });
      return () => navigate({ to: `/data/sets/${name}`, search: { version: made.Version } as never });
    } catch (error) {
      // Broken off by who left.
      if (error instanceof DOMException) return false;
      throw error;
    } finally {
      setSent(undefined);
    }
  };
  const leave = () => {
    stop.current?.abort();
    close();
  };
  const add = (more: Chosen[]) => setFiles((old) => [...old.filter((one) => !more.some((other) => other.path === one.path)), ...more]);
  return (
    <Dialog title={given ? `New version of ${given}` : "New data set"} verb={given ? "Make version" : "Create data set"} close={leave} act={submit}>
      {!given && (
        <FormField label="Name" errorText={tried ? bad : undefined}>
          <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      )}
      <FormField label={given ? "What is new in it" : "Description"}>
        <Textarea rows={2} value={text} onChange={({ detail }) => setText(detail.value)} />
      </FormField>
      <SegmentedControl
        label="Where the data is"
        selectedId={from}
        options={[
          { id: "files", text: "Upload files" },
          { id: "s3", text: "Already in S3" },
        ]}
        onChange={({ detail }) => setFrom(detail.selectedId)}
      />
      {from === "s3" ? (
        <FormField label="Address" description="Everything below it is taken over and never changes again, whatever happens to the source." errorText={tried ? nothing : undefined}>
          <Input value={uri} placeholder="s3://bucket/folder/" onChange={({ detail }) => setUri(detail.value)} />
        </FormField>
      ) : (
        <FormField label="Files" description="CSV, JSON Lines and Parquet get a profile of their columns; any other file is kept as it is." errorText={tried ? nothing : undefined}>
          <div
            className={over ? "drop-box over" : "drop-box"}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault();
              event.stopPropagation();
              setOver(false);
              void filesOf(event.dataTransfer.items).then(add);
            }}
          >
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              aria-label="Files of the data set"
              onChange={(event) => {
                add([...(event.target.files ?? [])].map((file) => ({ path: file.name, file })));
                event.target.value = "";
              }}
            />
            <span>Drop files or folders here, or</span>
            <Button iconName="upload" disabled={busy} onClick={() => picker.current?.click()}>
              Choose files
            </Button>
          </div>
        </FormField>
      )}
      {from === "files" && files.length > 0 && !busy && (
        <ul className="chosen" aria-label="Chosen files">
          {files.slice(0, 50).map((one) => (
            <li key={one.path}>
              <span className="mono">{one.path}</span> {bytes(one.file.size)}
              <Button variant="inline-icon" iconName="close" ariaLabel={`Leave out ${one.path}`} onClick={() => setFiles((old) => old.filter((other) => other !== one))} />
            </li>
          ))}
          {files.length > 50 && <li>and {files.length - 50} more</li>}
        </ul>
      )}
      {busy && from === "files" && <ProgressBar label="Uploading" value={Math.round((100 * sent) / (total || 1))} additionalInfo={`${bytes(sent)} of ${bytes(total)}`} />}
    </Dialog>
  );
}
