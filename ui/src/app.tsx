// The frame around every page: navigation, messages, dialogs, keys, and who is signed in.
import Alert from "@cloudscape-design/components/alert";
import AppLayout from "@cloudscape-design/components/app-layout";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { chooseProject, currentProject, headers, send } from "./api/client";
import { useEvents } from "./api/events";
import type { Session } from "./api/types";
import { DeployDialog } from "./features/endpoint/deploy";
import { SignIn } from "./features/session/sign-in";
import { type DeployRequest, describe, type Studio, StudioContext } from "./shared/context";
import { Palette } from "./shared/palette";
import { CHORDS, typing } from "./shared/shortcuts";

const NAVIGATION: SideNavigationProps.Item[] = [
  { type: "link", text: "Home", href: "/" },
  { type: "section-group", title: "Data", items: [{ type: "link", text: "Files and data sets", href: "/data" }] },
  { type: "section-group", title: "Build", items: [{ type: "link", text: "Training jobs", href: "/jobs" }] },
  {
    type: "section-group",
    title: "Ship",
    items: [
      { type: "link", text: "Models", href: "/models" },
      { type: "link", text: "Endpoints", href: "/endpoints" },
    ],
  },
  {
    type: "section-group",
    title: "Studio",
    items: [
      { type: "link", text: "Projects", href: "/projects" },
      { type: "link", text: "Members", href: "/members" },
      { type: "link", text: "Access keys", href: "/keys" },
      { type: "link", text: "Connect", href: "/connect" },
      { type: "link", text: "Settings", href: "/settings" },
    ],
  },
];

type Question = Parameters<Studio["confirm"]>[0];

function Confirm({ question, close }: { question: Question; close: () => void }) {
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

function useKeys(openPalette: () => void) {
  const navigate = useNavigate();
  const first = useRef({ key: "", at: 0 });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (event.key === "?") void navigate({ to: "/settings" });
      const chord = Date.now() - first.current.at < 1000 ? CHORDS[`${first.current.key} ${event.key}`] : undefined;
      first.current = { key: event.key, at: Date.now() };
      if (chord) void navigate({ to: chord });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, openPalette]);
}

function useSession() {
  const [session, setSession] = useState<Session | null>();
  const load = useCallback(() => {
    send("/api/session", { headers: headers() })
      .then((answer) => answer.json() as Promise<Session>)
      .then((found) => {
        if (!found.project && found.projects[0]) {
          chooseProject(found.projects[0].account);
          found.project = found.projects[0];
        }
        if (found.project && currentProject() !== found.project.account) chooseProject(found.project.account);
        setSession(found);
      })
      .catch(() => setSession(null));
  }, []);
  useEffect(() => {
    load();
    const out = () => setSession(null);
    window.addEventListener("studiolo:signed-out", out);
    return () => window.removeEventListener("studiolo:signed-out", out);
  }, [load]);
  return { session, load };
}

export function App() {
  const { session, load } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = useLocation({ select: (location) => location.pathname });
  const [messages, setMessages] = useState<FlashbarProps.MessageDefinition[]>([]);
  const [deploying, setDeploying] = useState<DeployRequest>();
  const [question, setQuestion] = useState<Question>();
  const [finding, setFinding] = useState(false);
  const [open, setOpen] = useState(window.innerWidth > 1100);
  const connected = useEvents(client, session?.project?.account);
  useKeys(useCallback(() => setFinding(true), []));
  const notify = useCallback((message: FlashbarProps.MessageDefinition & { id: string }) => {
    const drop = () => setMessages((all) => all.filter((one) => one.id !== message.id));
    setMessages((all) => [...all.filter((one) => one.id !== message.id), { ...message, onDismiss: drop, dismissLabel: "Dismiss" }]);
    if (message.type === "success") window.setTimeout(drop, 6000);
  }, []);
  const studio = useMemo<Studio | null>(
    () =>
      session
        ? {
            session,
            canWrite: session.project !== null && session.project.role !== "viewer",
            notify,
            fail: (what, error) => notify({ id: what, type: "error", header: what, content: describe(error), dismissible: true }),
            deploy: setDeploying,
            confirm: setQuestion,
            reload: load,
          }
        : null,
    [session, notify, load],
  );
  useEffect(() => {
    const name = path === "/" ? "Home" : decodeURIComponent(path.split("/").filter(Boolean).pop() ?? "");
    document.title = `${name} · studiolo`;
  }, [path]);
  if (session === undefined) return <div aria-busy="true" />;
  if (!session || !studio) return <SignIn done={load} />;
  const section = NAVIGATION.flatMap((one) => ("items" in one ? one.items : [one]))
    .filter((one): one is SideNavigationProps.Link => one.type === "link")
    .filter((one) => one.href !== "/" && path.startsWith(one.href))
    .pop();
  const signOut = () => void send("/api/session", { method: "DELETE" }).then(() => window.location.assign("/"));
  return (
    <StudioContext.Provider value={studio}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <div id="top">
        <TopNavigation
          identity={{ href: "/", title: "studiolo", onFollow: (event) => (event.preventDefault(), void navigate({ to: "/" })) }}
          utilities={[
            { type: "button", text: "Find (Ctrl K)", iconName: "search", ariaLabel: "Find anything", onClick: () => setFinding(true) },
            {
              type: "menu-dropdown",
              text: session.project?.name ?? "No project",
              items: session.projects.map((one) => ({ id: one.account, text: one.name, description: `${one.account} · ${one.role}` })),
              onItemClick: ({ detail }) => {
                chooseProject(detail.id);
                window.location.assign("/");
              },
            },
            {
              type: "menu-dropdown",
              text: session.user,
              iconName: "user-profile",
              items: [
                { id: "settings", text: "Settings" },
                { id: "out", text: "Sign out" },
              ],
              onItemClick: ({ detail }) => (detail.id === "out" ? signOut() : void navigate({ to: "/settings" })),
            },
          ]}
        />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigationWidth={220}
        ariaLabels={{ navigation: "Studio", navigationClose: "Close navigation", navigationToggle: "Open navigation", notifications: "Messages" }}
        navigation={
          <SideNavigation
            items={NAVIGATION}
            activeHref={path === "/" ? "/" : section?.href}
            onFollow={(event) => {
              event.preventDefault();
              void navigate({ to: event.detail.href });
            }}
          />
        }
        notifications={
          <Flashbar
            items={[
              ...(connected ? [] : [{ id: "connection", type: "warning" as const, content: "Reconnecting to the studio; what you see may be a little old." }]),
              ...messages,
            ]}
          />
        }
        content={
          <div id="main">
            <Suspense fallback={<div aria-busy="true" />}>
              <Outlet />
            </Suspense>
          </div>
        }
      />
      {deploying && <DeployDialog request={deploying} close={() => setDeploying(undefined)} />}
      {question && <Confirm question={question} close={() => setQuestion(undefined)} />}
      {finding && <Palette close={() => setFinding(false)} />}
    </StudioContext.Provider>
  );
}
