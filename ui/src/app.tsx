// The frame around every page: the bar, navigation, messages, dialogs and keys. Heavy pieces load when they are first used.
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useEvents } from "./api/events";
import { Bar } from "./frame/bar";
import { Navigation } from "./frame/navigation";
import { does, useSession } from "./frame/session";
import { type DeployRequest, describe, type Question, type Studio, StudioContext } from "./shared/context";
import { Skeleton } from "./shared/skeleton";
import { CHORDS, lettersOn, typing } from "./shared/shortcuts";

const Messages = lazy(() => import("./frame/messages").then((all) => ({ default: all.Messages })));
const Confirm = lazy(() => import("./frame/confirm").then((all) => ({ default: all.Confirm })));
const Palette = lazy(() => import("./frame/palette").then((all) => ({ default: all.Palette })));
const SignIn = lazy(() => import("./features/session/sign-in").then((all) => ({ default: all.SignIn })));
const RegisterDialog = lazy(() => import("./features/registry/register").then((all) => ({ default: all.RegisterDialog })));
const DeployDialog = lazy(() => import("./features/deploy/dialog").then((all) => ({ default: all.DeployDialog })));

const NoProject = lazy(() => import("./frame/no-project").then((all) => ({ default: all.NoProject })));

/** Pages that need none. */
const WITHOUT_PROJECT = ["/projects", "/settings", "/invite"];
const WIDE = "studiolo.navigation";

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
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !lettersOn()) return;
      if (event.key === "?") void navigate({ to: "/settings" });
      if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("#main input[type=search]");
        if (field) event.preventDefault();
        field?.focus();
      }
      const chord = Date.now() - first.current.at < 1000 ? CHORDS[`${first.current.key} ${event.key}`] : undefined;
      first.current = { key: event.key, at: Date.now() };
      if (chord) void navigate({ to: chord });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, openPalette]);
}

/** Open or a rail; the person's choice stands, but a narrow window begins with the rail. */
function useWide(): [boolean, () => void] {
  const [wide, setWide] = useState(() => window.innerWidth > 1100 && localStorage.getItem(WIDE) !== "rail");
  const toggle = useCallback(
    () =>
      setWide((now) => {
        localStorage.setItem(WIDE, now ? "rail" : "wide");
        return !now;
      }),
    [],
  );
  return [wide, toggle];
}

export function App() {
  const { session, load } = useSession();
  const client = useQueryClient();
  const path = useLocation({ select: (location) => location.pathname });
  const [messages, setMessages] = useState<FlashbarProps.MessageDefinition[]>([]);
  const [deploying, setDeploying] = useState<DeployRequest>();
  const [question, setQuestion] = useState<Question>();
  const [registering, setRegistering] = useState<string>();
  const [finding, setFinding] = useState(false);
  const [wide, toggle] = useWide();
  const connected = useEvents(client, session?.project?.account, session?.user, load);
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
            can: (operation) => does(session, operation),
            notify,
            fail: (what, error) => notify({ id: what, type: "error", header: what, content: describe(error), dismissible: true }),
            deploy: setDeploying,
            confirm: setQuestion,
            register: setRegistering,
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
  if (!session || !studio)
    return (
      <Suspense fallback={<div aria-busy="true" />}>
        <SignIn done={load} />
      </Suspense>
    );
  const lost = { id: "connection", type: "warning" as const, content: "Reconnecting to the studio; what you see may be a little old." };
  const shown = connected ? messages : [lost, ...messages];
  return (
    <StudioContext.Provider value={studio}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Bar session={session} path={path} wide={wide} toggle={toggle} find={() => setFinding(true)} />
      <div className="frame">
        <Navigation path={path} wide={wide} can={studio.can} />
        <main id="main" tabIndex={-1}>
          {shown.length > 0 && (
            <div className="messages">
              <Suspense fallback={null}>
                <Messages items={shown} />
              </Suspense>
            </div>
          )}
          <Suspense fallback={<Skeleton />}>{session.project || WITHOUT_PROJECT.includes(path) ? <Outlet /> : <NoProject admin={session.studioAdmin} />}</Suspense>
        </main>
      </div>
      <Suspense fallback={null}>
        {deploying && <DeployDialog request={deploying} close={() => setDeploying(undefined)} />}
        {registering && <RegisterDialog job={registering} close={() => setRegistering(undefined)} />}
        {question && <Confirm question={question} close={() => setQuestion(undefined)} />}
        {finding && <Palette close={() => setFinding(false)} />}
      </Suspense>
    </StudioContext.Provider>
  );
}
