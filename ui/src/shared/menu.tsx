// The context menu: on right-click, Shift+F10 and the menu key. Shift+right-click gives the browser's own.
import { type KeyboardEvent, useEffect, useRef } from "react";

import type { Action } from "./actions";

export interface MenuAt {
  x: number;
  y: number;
  label: string;
  actions: Action[];
}

export function ContextMenu({ at, close }: { at: MenuAt; close: () => void }) {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    menu.current?.querySelector<HTMLElement>("[role=menuitem]:not([aria-disabled=true])")?.focus();
    const away = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) close();
    };
    window.addEventListener("pointerdown", away);
    window.addEventListener("resize", close);
    return () => {
      window.removeEventListener("pointerdown", away);
      window.removeEventListener("resize", close);
      before?.focus();
    };
  }, [close]);
  const move = (event: KeyboardEvent) => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const now = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (event.key === "ArrowDown") items[(now + 1) % items.length]?.focus();
    else if (event.key === "ArrowUp") items[(now - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={menu}
      className="menu"
      role="menu"
      tabIndex={-1}
      aria-label={at.label}
      onKeyDown={move}
      style={{ left: Math.min(at.x, window.innerWidth - 220), top: Math.min(at.y, window.innerHeight - 40 * at.actions.length - 20) }}
    >
      {at.actions.map((one) => (
        <button
          key={one.id}
          type="button"
          role="menuitem"
          className={one.apart ? "apart" : undefined}
          aria-disabled={Boolean(one.disabledReason)}
          title={one.disabledReason}
          onClick={() => {
            if (one.disabledReason) return;
            close();
            one.run();
          }}
        >
          {one.text}
          {one.keys && <kbd aria-hidden="true">{one.keys}</kbd>}
        </button>
      ))}
    </div>
  );
}
