// The question before what can't be taken back.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { describe, type Question } from "../shared/context";

export function Confirm({ question, close }: { question: Question; close: () => void }) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const act = async () => {
    setBusy(true);
    try {
      await question.act();
      close();
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
      header={question.title}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={Boolean(question.typed) && typed !== question.typed} onClick={() => void act()}>
              {question.verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{question.text}</Box>
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        {question.typed && (
          <FormField label={`Type ${question.typed} to confirm`}>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
          </FormField>
        )}
      </SpaceBetween>
    </Modal>
  );
}
