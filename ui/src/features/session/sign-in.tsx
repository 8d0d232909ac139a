import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { send } from "../../api/client";
import { describe } from "../../shared/context";

/** What the identity provider is called, where this studio has one. */
const findSignOn = async (): Promise<string | null> => {
  const answer = await fetch("/api/session", { credentials: "same-origin" });
  const told = (await answer.json()) as { signOn?: string };
  return typeof told.signOn === "string" ? told.signOn : null;
};

export function SignIn({ done }: { done: () => void }) {
  const query = new URLSearchParams(window.location.search);
  const invitation = window.location.pathname === "/invite" ? query.get("token") : null;
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const [signOn, setSignOn] = useState<string | null>(null);
  useEffect(() => {
    findSignOn()
      .then(setSignOn)
      .catch(() => setSignOn(null));
  }, []);
  const told = query.get("refused");
  const next = encodeURIComponent(window.location.pathname);
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
        <Form actions={<Button variant={signOn !== null && !invitation ? "normal" : "primary"} loading={busy} formAction="submit">{invitation ? "Join" : "Sign in"}</Button>}>
          <Container header={<Header variant="h1" description="An ML studio on your own machines">studiolo</Header>}>
            <SpaceBetween size="m">
              {query.get("signin") === "expired" && (
                <Alert type="warning">That sign-in link was used or has expired. In a terminal, `studiolo sign-in` prints a new one.</Alert>
              )}
              {told !== null && refused === undefined && <Alert type="error">{told}</Alert>}
              {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
              {invitation && <Alert type="info">You are invited. Choose a user name and a password, or give those you have.</Alert>}
              {signOn !== null && !invitation && (
                <SpaceBetween size="s">
                  <Button variant="primary" fullWidth href={`/oidc/start?next=${next}`}>
                    {`Sign in with ${signOn}`}
                  </Button>
                  <Box textAlign="center" color="text-body-secondary">
                    or with a password
                  </Box>
                </SpaceBetween>
              )}
              <FormField label="User name">
                <Input value={user} onChange={({ detail }) => setUser(detail.value)} autoComplete="username" autoFocus />
              </FormField>
              <FormField label="Password" description={invitation ? "At least 8 characters, where it is a new one." : undefined} constraintText={invitation ? undefined : "Forgotten? Where the studio runs, `studiolo password --user NAME` sets another one."}>
                <Input type="password" value={password} onChange={({ detail }) => setPassword(detail.value)} autoComplete={invitation ? "new-password" : "current-password"} />
              </FormField>
            </SpaceBetween>
          </Container>
        </Form>
      </form>
    </main>
  );
}
