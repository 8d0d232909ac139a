import { useEffect, useState } from "react";

/** A value that stands still for a moment: what one types is not asked about letter by letter. */
export function useCalm<T>(value: T, milliseconds: number): T {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setCalm(value), milliseconds);
    return () => window.clearTimeout(timer);
  }, [value, milliseconds]);
  return calm;
}
