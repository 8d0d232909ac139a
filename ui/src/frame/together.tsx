// In the bar: what one is told, and who else is here.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { studio } from "../api/client";
import { STREAM_OPENED, TAB } from "../api/events";
import { Avatar } from "../shared/avatar";
import { leadsTo, type Notification, NotificationLine } from "../shared/notification";
import { Sign } from "./icons";
import { placeOf } from "./navigation";

function Panel({ label, button, children }: { label: string; button: ReactNode; children: (close: () => void) => ReactNode }) {
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      whole.current?.querySelector("button")?.focus();
    };
    window.addEventListener("mousedown", outside);
    window.addEventListener("keydown", escape);
    return () => {
      window.removeEventListener("mousedown", outside);
      window.removeEventListener("keydown", escape);
    };
  }, [open]);
  return (
    <div className="panel-of" ref={whole}>
      <button type="button" className="plain" aria-label={label} title={label} aria-expanded={open} onClick={() => setOpen(!open)}>
        {button}
      </button>
      {open && (
        <section className="panel" aria-label={label}>
          {children(() => setOpen(false))}
        </section>
      )}
    </div>
  );
}

interface Told {
  Notifications: Notification[];
  UnreadCount: number;
}

export function Bell() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const query = useQuery({ queryKey: ["notifications", "newest"], queryFn: () => studio<Told>("ListNotifications", { MaxResults: 10 }) });
  const unread = query.data?.UnreadCount ?? 0;
  const count = unread > 99 ? "99+" : String(unread);
  const read = (ids?: string[]) =>
    studio("MarkNotificationsRead", ids ? { NotificationIds: ids } : {}).then(() => client.invalidateQueries({ queryKey: ["notifications"] }));
  return (
    <Panel
      label={unread ? `Notifications, ${count} unread` : "Notifications"}
      button={
        <>
          <Sign name="bell" />
          {unread > 0 && <span className="count">{count}</span>}
        </>
      }
    >
      {(close) => (
        <>
          <header>
            <b>Notifications</b>
            {unread > 0 && (
              <button type="button" className="text-button" onClick={() => void read()}>
                Mark all as read
              </button>
            )}
          </header>
          {query.data?.Notifications.length === 0 && <p className="nothing">Nothing yet: mentions, ended jobs and approvals are told here.</p>}
          <ul>
            {(query.data?.Notifications ?? []).map((one) => (
              <li key={one.NotificationId}>
                <button
                  type="button"
                  className="told"
                  onClick={() => {
                    close();
                    if (!one.Read) void read([one.NotificationId]);
                    const to = leadsTo(one);
                    if (to) void navigate({ to });
                  }}
                >
                  <NotificationLine one={one} />
                </button>
              </li>
            ))}
          </ul>
          <footer>
            <Link to="/notifications" className="link" onClick={close}>
              All, and what you are told of
            </Link>
          </footer>
        </>
      )}
    </Panel>
  );
}

interface Here {
  User: string;
  Page: string;
}

const nameOf = (page: string): string => {
  if (page === "/") return "Home";
  const place = placeOf(page);
  const rest = place && page !== place.to ? page.slice(place.to.length + 1).split("/").map(decodeURIComponent).join(" · ") : "";
  return [place?.text ?? page, rest].filter(Boolean).join(" · ");
};

/** Says where this page is, as long as its stream is open. */
function usePlace(path: string) {
  useEffect(() => {
    const say = () => void studio("PutPresence", { Tab: TAB, Page: path.slice(0, 512) }).catch(() => undefined);
    say();
    window.addEventListener(STREAM_OPENED, say);
    return () => window.removeEventListener(STREAM_OPENED, say);
  }, [path]);
}

export function WhoIsHere({ user, path }: { user: string; path: string }) {
  usePlace(path);
  const query = useQuery({ queryKey: ["presence"], queryFn: () => studio<{ People: Here[] }>("ListPresence") });
  const others = (query.data?.People ?? []).filter((one) => one.User !== user);
  const people = [...new Map(others.map((one) => [one.User, one])).values()];
  if (people.length === 0) return null;
  const label = people.length === 1 ? `${people[0]?.User} is here` : `${people.length} others are here`;
  return (
    <Panel
      label={label}
      button={
        <span className="avatars">
          {people.slice(0, 3).map((one) => (
            <Avatar key={one.User} name={one.User} />
          ))}
          {people.length > 3 && <small>+{people.length - 3}</small>}
        </span>
      }
    >
      {(close) => (
        <>
          <header>
            <b>Here now</b>
          </header>
          <ul>
            {people.map((one) => (
              <li key={one.User}>
                <Link to={one.Page || "/"} className="told" onClick={close}>
                  <Avatar name={one.User} />
                  <span>
                    <span className="said">{one.User}</span>
                    <small>{nameOf(one.Page)}</small>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
