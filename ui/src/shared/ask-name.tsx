// Asks for a name: of a view of a list, a folder, a bucket, a project. What is refused is said, and can be mended.
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { type ReactNode, useState } from "react";

import { Dialog } from "./dialog";

interface Props {
  title: string;
  text?: string;
  verb: string;
  /** What else is asked, below the name. */
  also?: ReactNode;
  close: () => void;
  /** As a dialog's act. */
  save: (name: string) => unknown;
}

export function AskName({ title, text, verb, also, close, save }: Props) {
  const [name, setName] = useState("");
  const named = name.trim() !== "";
  const act = () => save(name.trim());
  return (
    <Dialog enter title={title} verb={verb} close={close} act={act} disabled={!named} disabledReason="Give it a name.">
      <FormField label="Name" description={text}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
      </FormField>
      {also}
    </Dialog>
  );
}
