import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { send } from "../../api/client";
import { describe } from "../../shared/context";

export function SignIn({ done }: { done: () => void }) {
  const query = new URLSearchParams(window.location.search);
  const invitation = window.location.pathname === "/invite" ? query.get("token") : null;
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const enter = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      await send("/api/session", { method: "POST", body: JSON.stringify({ user, password, invitation: invitation ?? undefined }) });
      if (invitation) window.history.replaceState(null, "", "/");
      done();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="door">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <Form actions={<Button variant="primary" loading={busy} formAction="submit">{invitation ? "Join" : "Sign in"}</Button>}>
          <Container header={<Header variant="h1" description="An ML studio on your own machines">studiolo</Header>}>
            <SpaceBetween size="m">
              {query.get("signin") === "expired" && (
                <Alert type="warning">That sign-in link was used or has expired. In a terminal, `studiolo sign-in` prints a new one.</Alert>
              )}
              {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
              {invitation && <Alert type="info">You are invited. Choose a user name and a password, or give those you have.</Alert>}
              <FormField label="User name">
                <Input value={user} onChange={({ detail }) => setUser(detail.value)} autoComplete="username" autoFocus />
              </FormField>
              <FormField label="Password">
                <Input type="password" value={password} onChange={({ detail }) => setPassword(detail.value)} autoComplete={invitation ? "new-password" : "current-password"} />
              </FormField>
            </SpaceBetween>
          </Container>
        </Form>
      </form>
    </main>
  );
}
