// The one bar at the top: where you are, what you look for, and who you are.
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { Link, useNavigate } from "@tanstack/react-router";

import { chooseProject, send } from "../api/client";
import type { Session } from "../api/types";
import { setTheme, useDark } from "../shared/theme";
import { Sign } from "./icons";
import { placeOf } from "./navigation";
import { Bell, WhoIsHere } from "./together";

const WORDS: Record<string, string> = { create: "Create", compare: "Compare" };

function Trail({ path }: { path: string }) {
  const place = placeOf(path);
  if (!place) return null;
  const rest = path === place.to ? [] : path.slice(place.to.length + 1).split("/").map((word) => WORDS[word] ?? decodeURIComponent(word));
  return (
    <ol className="trail" aria-label="Where you are">
      <li>{rest.length ? <Link to={place.to}>{place.text}</Link> : <span aria-current="location">{place.text}</span>}</li>
      {rest.map((word) => (
        <li key={word}>
          <span aria-current="location">{word}</span>
        </li>
      ))}
    </ol>
  );
}

interface Props {
  session: Session;
  path: string;
  wide: boolean;
  toggle: () => void;
  find: () => void;
}

export function Bar({ session, path, wide, toggle, find }: Props) {
  const navigate = useNavigate();
  const dark = useDark();
  const signOut = () => void send("/api/session", { method: "DELETE" }).then(() => window.location.assign("/"));
  return (
    <header className="top">
      <button type="button" className="plain" aria-label="Navigation" aria-expanded={wide} aria-controls="places" onClick={toggle}>
        <Sign name="menu" />
      </button>
      <Link to="/" className="brand">
        studiolo
      </Link>
      <ButtonDropdown
        variant="normal"
        ariaLabel={`Project ${session.project?.name ?? "none"}`}
        items={session.projects.map((one) => ({ id: one.account, text: one.name, description: `${one.account} · ${one.role}` }))}
        onItemClick={({ detail }) => {
          chooseProject(detail.id);
          window.location.assign("/");
        }}
      >
        {session.project?.name ?? "No project"}
      </ButtonDropdown>
      <Trail path={path} />
      <button type="button" className="find" onClick={find}>
        <Sign name="find" />
        <span>Search or command</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      {session.project && (
        <>
          <WhoIsHere user={session.user} path={path} />
          <Bell />
        </>
      )}
      <button
        type="button"
        className="plain"
        aria-label={dark ? "Light theme" : "Dark theme"}
        onClick={() => setTheme(dark ? "light" : "dark")}
      >
        <Sign name={dark ? "sun" : "moon"} />
      </button>
      <ButtonDropdown
        variant="normal"
        ariaLabel={`Account of ${session.user}`}
        items={[
          { id: "/settings", text: "Settings and shortcuts" },
          { id: "/connect", text: "Connect with boto3" },
          { id: "out", text: "Sign out" },
        ]}
        onItemClick={({ detail }) => (detail.id === "out" ? signOut() : void navigate({ to: detail.id }))}
      >
        {session.user}
      </ButtonDropdown>
    </header>
  );
}
