// Which script a step runs: chosen from the bucket or uploaded from here, in place of an address typed by hand.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";

import { textOf, upload } from "../../api/s3";
import { tarGz } from "../../api/tar";
import { describe } from "../../shared/context";
import { parseS3 } from "../../shared/format";
import { PickDialog } from "../../shared/pick";
import { dataOf, isArchive, scriptOf, withData, withProgram, withScript } from "./script";
import type { Step } from "./types";

export function ScriptField({ step, set }: { step: Step; set: (next: Step) => void }) {
  const [picking, setPicking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const take = async (uri: string) => {
    setPicking(false);
    setRefused(undefined);
    if (step.Type !== "Training") return set(withScript(step, uri));
    const { bucket, key } = parseS3(uri);
    if (isArchive(uri)) return set(withProgram(step, "train.py", uri));
    // Training unpacks its code: a single script is packed, as the SDKs do it.
    setBusy(true);
    try {
      const program = key.slice(key.lastIndexOf("/") + 1);
      const packed = await tarGz([{ name: program, data: new Blob([await textOf(bucket, key)]) }]);
      const target = `${key}.${Date.now()}.tar.gz`;
      await upload(bucket, target, packed, () => undefined, new AbortController().signal);
      set(withProgram(step, program, `s3://${bucket}/${target}`));
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <FormField label="Script" description={step.Type === "Training" ? "A Python file, or a .tar.gz in which train.py begins." : "A Python file; it is brought along and run."} errorText={refused === undefined ? undefined : describe(refused)}>
      <div className="with-button">
        <Input readOnly ariaLabel="Script" value={scriptOf(step) ?? ""} placeholder="None yet" />
        <Button loading={busy} onClick={() => setPicking(true)}>
          Choose…
        </Button>
      </div>
      {picking && <PickDialog title={`The script of ${step.Name}`} file accept={step.Type === "Training" ? ".py,.gz,.tgz" : ".py"} close={() => setPicking(false)} take={(uri) => void take(uri)} />}
    </FormField>
  );
}

/** What a step reads, and one more of it: files of the buckets, an upload, or a version of a data set. */
export function DataField({ step, set }: { step: Step; set: (next: Step) => void }) {
  const [picking, setPicking] = useState(false);
  const held = dataOf(step);
  const one = step.Type === "Transform" && held.length > 0;
  return (
    <FormField label="Data">
      <ul className="inputs">
        {held.map((each, at) => (
          <li key={at}>
            <b>{each.name}</b> <span className="mono">{each.uri}</span>
          </li>
        ))}
      </ul>
      <Button onClick={() => setPicking(true)}>{one ? "Other data…" : "Add data…"}</Button>
      {picking && (
        <PickDialog
          title={`Data for ${step.Name}`}
          data
          close={() => setPicking(false)}
          take={(uri) => {
            setPicking(false);
            set(withData(step, uri));
          }}
        />
      )}
    </FormField>
  );
}
