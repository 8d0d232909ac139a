// From when and until when a schedule holds: a day and a time in the reader's own time zone. Pure.
export interface Bound {
  /** yyyy-mm-dd; empty where there is none. */
  date: string;
  /** "HH:MM" */
  clock: string;
}
export interface Bounds {
  start: Bound;
  end: Bound;
}
const NONE: Bound = { date: "", clock: "00:00" };
export const UNBOUND: Bounds = { start: NONE, end: NONE };

const two = (value: number) => String(value).padStart(2, "0");

export function boundOf(seconds: number | undefined): Bound {
  if (seconds === undefined) return NONE;
  const at = new Date(seconds * 1000);
  return { date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`, clock: `${two(at.getHours())}:${two(at.getMinutes())}` };
}

export const wrongBound = (one: Bound): string | undefined =>
  one.date && !(Number.isFinite(Date.parse(`${one.date}T${one.clock}`)) && /^\d\d:\d\d$/.test(one.clock)) ? "A day, and hours and minutes as 07:30." : undefined;

/** Epoch seconds. known: what it was before; its seconds, which no field shows, are kept with it. */
export function secondsOf(one: Bound, known?: number): number | undefined {
  if (!one.date || wrongBound(one)) return undefined;
  const before = boundOf(known);
  return before.date === one.date && before.clock === one.clock ? known : Date.parse(`${one.date}T${one.clock}`) / 1000;
}
