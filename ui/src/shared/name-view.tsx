// Asks for the name under which a view of a list is kept.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

export function NameView({ close, save }: { close: () => void; save: (name: string) => void }) {
  const [name, setName] = useState("");
  const good = name.trim() !== "";
  return (
    <Modal
      visible
      onDismiss={close}
      closeAriaLabel="Close"
      header="Save this view"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!good} onClick={() => save(name.trim())}>
              Save view
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
        <FormField label="Name" description="The filter and the order are kept, for you, on this browser.">
          <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus />
        </FormField>
      </form>
    </Modal>
  );
}
