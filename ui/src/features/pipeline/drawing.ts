// What makes a drawing of many steps move evenly; for the canvas of the editor and for that which is only looked at.
import { type RefObject, useMemo, useRef } from "react";

/** A name that may not fit; whatever is cut off is a layer of its own to the browser. */
export const isLong = (name: string): boolean => name.length > 19;

/** By its place and not by a transform, of which each is a layer, too. */
export const placedAt = (x: number, y: number) => ({ left: x, top: y, transform: "none" });

/** Marks the element around the drawing while it is moved. By hand: nothing is to be drawn anew for it. */
export function useMoved(): [RefObject<HTMLDivElement | null>, { onMoveStart: () => void; onMoveEnd: () => void }] {
  const holder = useRef<HTMLDivElement>(null);
  const on = useMemo(() => {
    const mark = (moves: boolean) => () => void holder.current?.classList.toggle("moves", moves);
    return { onMoveStart: mark(true), onMoveEnd: mark(false) };
  }, []);
  return [holder, on];
}
