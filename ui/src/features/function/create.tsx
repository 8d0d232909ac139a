// A function made: its code written here or uploaded as Python files or a zip, and what it needs to run.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FileUpload from "@cloudscape-design/components/file-upload";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { createFunction } from "../../api/automation";
import { studio } from "../../api/client";
import { base64, zip } from "../../api/zip";
import { describe, useStudio } from "../../shared/context";
import { CodeEditor } from "../../shared/editor";
import { configurationOf, type Settings, settingProblems } from "./calls";
import { SettingFields } from "./fields";

const FIRST = `import json


def handler(event, context):
    print("called with", json.dumps(event))
    return {"ok": True}
`;
const NAME = /^[a-zA-Z0-9-_]{1,64}$/;

/** The zip that was given, or one of the files that were. */
async function packed(files: File[]): Promise<Uint8Array> {
  const read = async (file: File) => new Uint8Array(await file.arrayBuffer());
  const first = files[0];
  if (files.length === 1 && first?.name.endsWith(".zip")) return read(first);
  return zip(await Promise.all(files.map(async (file) => ({ name: file.name, data: await read(file) }))));
}

export function CreateFunctionPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite } = useStudio();
  const connection = useQuery({ queryKey: ["connection"], staleTime: Infinity, queryFn: () => studio<{ RoleArn: string }>("GetConnection") });
  const [name, setName] = useState("");
  const [how, setHow] = useState("write");
  const [text, setText] = useState(FIRST);
  const [files, setFiles] = useState<File[]>([]);
  const [settings, setSettings] = useState<Settings>({ handler: "main.handler", memory: "256", timeout: "30", description: "", variables: [] });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const badName = NAME.test(name) ? undefined : "Letters, digits, hyphens and underscores; 64 at most.";
  const noFiles = how === "upload" && files.length === 0 ? "Choose Python files, or a zip." : undefined;
  const take = (chosen: File[]) => {
    setFiles(chosen);
    const script = chosen.find((one) => one.name.endsWith(".py"));
    if (script && !chosen.some((one) => one.name === `${settings.handler.split(".")[0] ?? ""}.py`)) setSettings({ ...settings, handler: `${script.name.slice(0, -3)}.handler` });
  };
  const submit = async () => {
    setTried(true);
    setRefused(undefined);
    if (badName || noFiles || Object.keys(settingProblems(settings)).length > 0) return;
    setBusy(true);
    try {
      // What is written here is the file that the handler names.
      const file = `${settings.handler.slice(0, settings.handler.lastIndexOf(".")).replaceAll(".", "/")}.py`;
      const code = how === "write" ? zip([{ name: file, data: new TextEncoder().encode(text) }]) : await packed(files);
      await createFunction({ FunctionName: name, Runtime: "python3.12", Role: connection.data?.RoleArn, Code: { ZipFile: base64(code) }, ...configurationOf(settings) });
      await client.invalidateQueries({ queryKey: ["list", "Function"] });
      await navigate({ to: `/functions/${name}`, search: { tab: "test" } as never });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <ContentLayout header={<Header variant="h1">Create function</Header>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" onClick={() => void navigate({ to: "/functions" })}>
                Cancel
              </Button>
              <Button variant="primary" loading={busy} disabled={!canWrite || !connection.data} disabledReason="Viewers can't make functions in this project." formAction="submit">
                Create function
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            {refused !== undefined && (
              <Alert type="error" header="The function was not made">
                {describe(refused)}
              </Alert>
            )}
            <Container header={<Header variant="h2">Code</Header>}>
              <SpaceBetween size="m">
                <FormField label="Name" errorText={tried || name ? badName : undefined}>
                  <Input value={name} onChange={({ detail }) => setName(detail.value)} />
                </FormField>
                <SegmentedControl
                  label="Where the code comes from"
                  selectedId={how}
                  options={[
                    { id: "write", text: "Write it here" },
                    { id: "upload", text: "Upload" },
                  ]}
                  onChange={({ detail }) => setHow(detail.selectedId)}
                />
                {how === "write" ? (
                  <CodeEditor label="Code of the function" value={text} set={setText} rows={14} />
                ) : (
                  <FormField label="Files" description="Python files, or a zip with packages beside them." errorText={tried ? noFiles : undefined}>
                    <FileUpload
                      multiple
                      accept=".py,.zip,.json,.txt"
                      value={files}
                      onChange={({ detail }) => take(detail.value)}
                      showFileSize
                      i18nStrings={{ uploadButtonText: () => "Choose files", dropzoneText: () => "Drop files here", removeFileAriaLabel: (at) => `Remove file ${at + 1}`, limitShowFewer: "Show fewer", limitShowMore: "Show more", errorIconAriaLabel: "Error" }}
                    />
                  </FormField>
                )}
              </SpaceBetween>
            </Container>
            <Container header={<Header variant="h2">Settings</Header>}>
              <SettingFields value={settings} set={(part) => setSettings({ ...settings, ...part })} />
            </Container>
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}
