import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { describe, useStudio } from "../../shared/context";
import { createVersion } from "./create";
import { nameProblem } from "./types";

const SAMPLE = "scikit-learn\nxgboost-cpu\npandas<3\n";

/** name: of the environment that gets another version; none for a new one. text: what it begins with. */
export function VersionDialog({ name: given, text: first, close }: { name?: string; text?: string; close: () => void }) {
  const { session } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [name, setName] = useState(given ?? "");
  const [text, setText] = useState(first ?? SAMPLE);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const problem = nameProblem(name);
  const empty = text.trim() ? undefined : "Name at least one package.";

  const submit = async () => {
    setTried(true);
    if (problem ?? empty) return;
    setBusy(true);
    setRefused(undefined);
    try {
      const version = await createVersion(session.project?.account ?? "", name, text);
      await client.invalidateQueries({ queryKey: ["Image", name] });
      close();
      await navigate({ to: `/environments/${name}`, search: { version } as never });
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
      header={given ? `New version of ${given}` : "New environment"}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void submit()}>
              Lock and build
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        {!given && (
          <FormField label="Name" errorText={tried ? problem : undefined}>
            <Input value={name} autoFocus onChange={({ detail }) => setName(detail.value)} />
          </FormField>
        )}
        <FormField
          label="Packages"
          description="Lines of a requirements.txt, or a whole pyproject.toml. Versions are chosen once; the version made of them never changes."
          errorText={tried ? empty : undefined}
        >
          <Textarea rows={12} spellcheck={false} value={text} onChange={({ detail }) => setText(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
