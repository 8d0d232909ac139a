// Asks for a name: of a view of a list, of a folder.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

interface Props {
  title: string;
  text: string;
  verb: string;
  close: () => void;
  save: (name: string) => void;
}

export function AskName({ title, text, verb, close, save }: Props) {
  const [name, setName] = useState("");
  const good = name.trim() !== "";
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
            <Button variant="primary" disabled={!good} onClick={() => save(name.trim())}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (good) save(name.trim());
        }}
      >
        <FormField label="Name" description={text}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
        </FormField>
      </form>
    </Modal>
  );
}
