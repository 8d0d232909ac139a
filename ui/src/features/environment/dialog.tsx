import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Textarea from "@cloudscape-design/components/textarea";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
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
  const problem = nameProblem(name);
  const empty = text.trim() ? undefined : "Name at least one package.";

  const submit = async () => {
    setTried(true);
    if (problem ?? empty) return false;
    const version = await createVersion(session.project?.account ?? "", name, text);
    await client.invalidateQueries({ queryKey: ["Image", name] });
    return () => navigate({ to: `/environments/${name}`, search: { version } as never });
  };

  return (
    <Dialog title={given ? `New version of ${given}` : "New environment"} verb="Lock and build" close={close} act={submit}>
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
    </Dialog>
  );
}
