// The pointer and the keys of a list's rows: context menu, arrows, letters.
import { type KeyboardEvent, type MouseEvent, useCallback, useState } from "react";

import type { Action } from "./actions";
import type { MenuAt } from "./menu";
import { lettersOn, typing } from "./shortcuts";

interface Rows<T> {
  items: readonly T[];
  nameOf: (item: T) => string;
  actionsOf: (item: T) => Action[];
  open: (item: T) => void;
  look: (item: T | null) => void;
}

/** Letters that do an action of the row that has the focus. */
const LETTERS: Record<string, string> = { d: "deploy" };

export function useRows<T>({ items, nameOf, actionsOf, open, look }: Rows<T>) {
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const close = useCallback(() => setMenu(null), []);
  const rowOf = (target: EventTarget | null): T | undefined => {
    const name = (target as HTMLElement | null)?.closest("tr")?.querySelector<HTMLElement>("[data-row]")?.dataset.row;
    return items.find((one) => nameOf(one) === name);
  };
  const openMenu = (item: T, x: number, y: number) => setMenu({ x, y, label: `Actions for ${nameOf(item)}`, actions: actionsOf(item) });
  const onContextMenu = (event: MouseEvent) => {
    const item = rowOf(event.target);
    if (!item || event.shiftKey) return;
    event.preventDefault();
    openMenu(item, event.clientX, event.clientY);
  };
  const onClick = (event: MouseEvent) => {
    if (typing(event.target) || (event.target as HTMLElement).closest("a, button, label")) return;
    const item = rowOf(event.target);
    if (item) look(item);
  };
  const step = (target: HTMLElement, down: boolean) => {
    const row = target.closest("tr");
    const next = (down ? row?.nextElementSibling : row?.previousElementSibling)?.querySelector<HTMLElement>("a");
    next?.focus();
    return Boolean(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const item = rowOf(target);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = lettersOn() ? LETTERS[event.key.toLowerCase()] : undefined;
    if ((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") {
      const place = target.getBoundingClientRect();
      openMenu(item, place.left + 8, place.bottom);
    } else if (action && !typing(target)) actionsOf(item).find((one) => one.id === action && !one.disabledReason)?.run();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!step(target, event.key === "ArrowDown")) return;
    } else if (event.key === " " && target.tagName === "A") look(item);
    else if (event.key === "Enter" && target.tagName === "TD") open(item);
    else if (event.key === "Escape") look(null);
    else return;
    event.preventDefault();
  };
  return { menu, close, handlers: { onContextMenu, onClick, onKeyDown } };
}
