// Functions that stay the same objects while what they do follows the page: for parts that are drawn anew when a prop changes.
import { useLayoutEffect, useRef, useState } from "react";

type Functions = Record<string, (...given: never[]) => unknown>;

/** To be called by what happens, not while drawing. */
export function useStable<T extends Functions>(now: T): T {
  const latest = useRef(now);
  useLayoutEffect(() => {
    latest.current = now;
  });
  const [stable] = useState(() => Object.fromEntries(Object.keys(now).map((name) => [name, (...given: never[]) => latest.current[name]!(...given)])) as T);
  return stable;
}
