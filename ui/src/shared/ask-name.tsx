// Asks for a name: of a view of a list, a folder, a bucket, a project. What is refused is said at the field, and can be mended.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";

import { describe } from "./context";

interface Props {
  title: string;
  text?: string;
  verb: string;
  /** What else is asked, below the name. */
  also?: ReactNode;
  close: () => void;
  /** Closes by itself once it is done; a promise that fails keeps the dialog open. */
  save: (name: string) => unknown;
}

export function AskName({ title, text, verb, also, close, save }: Props) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const good = name.trim() !== "" && !busy;
  const act = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      await save(name.trim());
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      visible
      onDismiss={close}
      closeAriaLabel="Close"
      header={title}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={!good} disabledReason={busy ? undefined : "Give it a name."} onClick={() => void act()}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (good) void act();
        }}
      >
        <SpaceBetween size="m">
          <FormField label="Name" description={text} errorText={refused ? describe(refused) : undefined}>
            <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
          </FormField>
          {also}
        </SpaceBetween>
      </form>
    </Modal>
  );
}
