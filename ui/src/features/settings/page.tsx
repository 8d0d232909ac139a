import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";

import { studio } from "../../api/client";
import { describe, useStudio } from "../../shared/context";
import { lettersOn, setLetters, SHORTCUTS } from "../../shared/shortcuts";
import { setTheme, useTheme } from "../../shared/theme";

function Password() {
  const [now, setNow] = useState("");
  const [next, setNext] = useState("");
  const [state, setState] = useState<{ type: "success" | "error"; text: string }>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await studio("SetPassword", { CurrentPassword: now || undefined, NewPassword: next });
      setState({ type: "success", text: "The password is set. Whoever was signed in by the old one elsewhere is signed out." });
      setNow("");
      setNext("");
    } catch (error) {
      setState({ type: "error", text: describe(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (next.length >= 8) void save();
      }}
    >
      <SpaceBetween size="m">
        {state && <Alert type={state.type}>{state.text}</Alert>}
        <FormField label="Current password" description="Leave empty if you have none yet.">
          <Input type="password" value={now} autoComplete="current-password" onChange={({ detail }) => setNow(detail.value)} />
        </FormField>
        <FormField label="New password" description="At least 8 characters.">
          <Input type="password" value={next} autoComplete="new-password" onChange={({ detail }) => setNext(detail.value)} />
        </FormField>
        <Button formAction="submit" loading={busy} disabled={next.length < 8} disabledReason="At least 8 characters.">
          Set password
        </Button>
      </SpaceBetween>
    </form>
  );
}

export function SettingsPage() {
  const { session } = useStudio();
  const chosen = useTheme();
  const [letters, setLettersShown] = useState(lettersOn());
  return (
    <ContentLayout header={<Header variant="h1">Settings</Header>}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Appearance</Header>}>
          <SegmentedControl
            label="Theme"
            selectedId={chosen}
            options={[
              { id: "system", text: "As the system" },
              { id: "light", text: "Light" },
              { id: "dark", text: "Dark" },
            ]}
            onChange={({ detail }) => setTheme(detail.selectedId)}
          />
        </Container>
        <Container header={<Header variant="h2">Password</Header>}>
          <Password />
        </Container>
        {session.signOn && (
          <Container header={<Header variant="h2">Single sign-on</Header>}>
            {session.signOn.connected ? (
              <StatusIndicator>{`You can sign in with ${session.signOn.label}.`}</StatusIndicator>
            ) : (
              <Button href="/oidc/start?connect=1&next=/settings">{`Connect with ${session.signOn.label}`}</Button>
            )}
          </Container>
        )}
        <Table
          contentDensity="compact"
          header={
            <Header
              variant="h2"
              actions={
                <Toggle
                  checked={letters}
                  onChange={({ detail }) => {
                    setLetters(detail.checked);
                    setLettersShown(detail.checked);
                  }}
                >
                  Keys without Ctrl
                </Toggle>
              }
            >
              Keyboard
            </Header>
          }
          items={SHORTCUTS}
          columnDefinitions={[
            { id: "keys", header: "Keys", isRowHeader: true, cell: (one) => <kbd>{one.keys}</kbd> },
            { id: "does", header: "What they do", cell: (one) => one.does },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
