// The question before what can't be taken back.
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";

import type { Question } from "../shared/context";
import { Dialog } from "../shared/dialog";

export function Confirm({ question, close }: { question: Question; close: () => void }) {
  const [typed, setTyped] = useState("");
  const act = async () => {
    await question.act();
  };
  return (
    <Dialog title={question.title} verb={question.verb} close={close} act={act} disabled={Boolean(question.typed) && typed !== question.typed}>
      <Box>{question.text}</Box>
      {question.typed && (
        <FormField label={`Type ${question.typed} to confirm`}>
          <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
        </FormField>
      )}
    </Dialog>
  );
}
