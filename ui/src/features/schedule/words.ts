// Times as EventBridge writes them, in plain words and as the fields of a form; both ways. Pure.
export type Every = "minutes" | "hours" | "days";
export interface When {
  kind: "rate" | "daily" | "weekly" | "monthly" | "once" | "cron";
  /** Of a rate. */
  count: string;
  unit: Every;
  /** "HH:MM" */
  clock: string;
  /** MON … SUN */
  days: string[];
  /** "1" … "31", "L" for the last. */
  day: string;
  /** yyyy-mm-dd */
  date: string;
  /** The six fields, as they are written. */
  cron: string;
}
export const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
const NAMES: Record<string, string> = { MON: "Monday", TUE: "Tuesday", WED: "Wednesday", THU: "Thursday", FRI: "Friday", SAT: "Saturday", SUN: "Sunday" };
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const NUMBERS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
export const dayName = (word: string) => NAMES[word] ?? word;

export const FRESH: When = { kind: "daily", count: "1", unit: "hours", clock: "03:00", days: ["MON"], day: "1", date: "", cron: "0 3 * * ? *" };

const two = (value: string | number) => String(value).padStart(2, "0");

/** The expression of what a form says. */
export function expressionOf(when: When): string {
  const [hour = "0", minute = "0"] = when.clock.split(":").map((one) => String(Number(one)));
  switch (when.kind) {
    case "rate":
      return `rate(${when.count.trim()} ${when.count.trim() === "1" ? when.unit.slice(0, -1) : when.unit})`;
    case "daily":
      return `cron(${minute} ${hour} * * ? *)`;
    case "weekly":
      return `cron(${minute} ${hour} ? * ${daysOf(when.days)} *)`;
    case "monthly":
      return `cron(${minute} ${hour} ${when.day} * ? *)`;
    case "once":
      return `at(${when.date}T${when.clock}:00)`;
    case "cron":
      return `cron(${when.cron.trim()})`;
  }
}

/** In the week's order; three or more in a row as a span. */
function daysOf(chosen: string[]): string {
  const held = DAYS.filter((one) => chosen.includes(one));
  const first = DAYS.indexOf(held[0] ?? "MON");
  const row = held.length >= 3 && held.every((one, at) => DAYS[first + at] === one);
  return row ? `${held[0]}-${held[held.length - 1]}` : held.join(",");
}

/** What a form would say for an expression; what no form says is a cron. */
export function whenOf(expression: string): When {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return { ...FRESH, kind: "rate", count: rate[1]!, unit: `${rate[2]!}s` as Every };
  const at = /^at\((\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(expression);
  if (at) return { ...FRESH, kind: "once", date: at[1]!, clock: at[2]! };
  const fields = fieldsOf(expression);
  if (!fields) return { ...FRESH, kind: "cron", cron: expression.replace(/^cron\(|\)$/g, "") };
  const [minute, hour, day, month, weekday, year] = fields as [string, string, string, string, string, string];
  const custom: When = { ...FRESH, kind: "cron", cron: fields.join(" ") };
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour) || month !== "*" || year !== "*") return custom;
  const clock = `${two(hour)}:${two(minute)}`;
  if (["*", "?"].includes(day) && ["*", "?"].includes(weekday)) return { ...custom, kind: "daily", clock };
  if (["*", "?"].includes(weekday) && (/^\d+$/.test(day) || day === "L")) return { ...custom, kind: "monthly", clock, day };
  const days = ["*", "?"].includes(day) ? listed(weekday) : undefined;
  return days ? { ...custom, kind: "weekly", clock, days } : custom;
}

function fieldsOf(expression: string): string[] | undefined {
  const inside = /^cron\((.*)\)$/.exec(expression.trim())?.[1]?.trim().split(/\s+/);
  return inside?.length === 6 ? inside : undefined;
}

/** Days of the week that a field lists, in the week's order; undefined where it says something else. */
function listed(field: string): string[] | undefined {
  const found = new Set<string>();
  for (const part of field.toUpperCase().split(",")) {
    const ends = part.split("-").map((one) => (/^[1-7]$/.test(one) ? NUMBERS[Number(one) - 1]! : one));
    if (ends.length > 2 || ends.some((one) => !(one in NAMES))) return undefined;
    const from = NUMBERS.indexOf(ends[0]!);
    const to = NUMBERS.indexOf(ends[ends.length - 1]!);
    for (let n = 0; n <= (to - from + 7) % 7; n++) found.add(NUMBERS[(from + n) % 7]!);
  }
  return DAYS.filter((one) => found.has(one));
}

const joined = (words: string[]) => (words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]!}`);

const ordinal = (n: number) => `${n}${n % 10 === 1 && n !== 11 ? "st" : n % 10 === 2 && n !== 12 ? "nd" : n % 10 === 3 && n !== 13 ? "rd" : "th"}`;

/** An expression in plain words; as it stands where it says more than words can. */
export function spoken(expression: string, zone?: string): string {
  const where = zone && zone !== "UTC" && !expression.startsWith("rate") ? ` (${zone.replaceAll("_", " ")})` : expression.startsWith("rate") ? "" : " (UTC)";
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return rate[1] === "1" ? `every ${rate[2]!}` : `every ${rate[1]!} ${rate[2]!}s`;
  const at = /^at\((\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(expression);
  if (at) return `once, on ${MONTHS[Number(at[2]) - 1] ?? at[2]!} ${Number(at[3])}, ${at[1]!} at ${at[4]!}${where}`;
  const fields = fieldsOf(expression);
  if (!fields) return expression;
  const [minute, hour, day, month, weekday, year] = fields as [string, string, string, string, string, string];
  const time = clockOf(minute, hour);
  const days = dayOf(day, weekday);
  const months = monthsOf(month);
  if (!time || !days || months === undefined || (year !== "*" && !/^\d{4}$/.test(year))) return `${expression}${where}`;
  return `${[days, time].join(" ").trim()}${months}${year === "*" ? "" : ` of ${year}`}${where}`;
}

function clockOf(minute: string, hour: string): string | undefined {
  const step = /^(?:0|\*)\/(\d+)$/;
  if (/^\d+$/.test(minute) && /^\d+(,\d+)*$/.test(hour)) return `at ${joined(hour.split(",").map((one) => `${two(one)}:${two(minute)}`))}`;
  if (/^\d+$/.test(minute) && hour === "*") return `at ${two(minute)} past every hour`;
  if (/^\d+$/.test(minute) && step.test(hour)) return `every ${step.exec(hour)![1]!} hours at ${two(minute)} past`;
  if (step.test(minute) && hour === "*") return `every ${step.exec(minute)![1]!} minutes`;
  const span = /^(\d+)-(\d+)$/.exec(hour);
  if (span && step.test(minute)) return `every ${step.exec(minute)![1]!} minutes from ${two(span[1]!)}:00 to ${two(span[2]!)}:59`;
  if (span && /^\d+$/.test(minute)) return `at ${two(minute)} past every hour from ${two(span[1]!)} to ${two(span[2]!)}`;
  return minute === "*" && hour === "*" ? "every minute" : undefined;
}

function dayOf(day: string, weekday: string): string | undefined {
  if (["*", "?"].includes(day) && ["*", "?"].includes(weekday)) return "every day";
  if (["*", "?"].includes(weekday)) {
    if (day === "L") return "on the last day of each month";
    if (day === "LW") return "on the last working day of each month";
    return /^\d+(,\d+)*$/.test(day) ? `on the ${joined(day.split(",").map((one) => ordinal(Number(one))))} of each month` : undefined;
  }
  if (!["*", "?"].includes(day)) return undefined;
  const nth = /^(\w+)#([1-5])$/.exec(weekday);
  if (nth && listed(nth[1]!)?.length === 1) return `on the ${ordinal(Number(nth[2]))} ${dayName(listed(nth[1]!)![0]!)} of each month`;
  const last = /^(\w+)L$/i.exec(weekday);
  if (last && listed(last[1]!)?.length === 1) return `on the last ${dayName(listed(last[1]!)![0]!)} of each month`;
  const days = listed(weekday);
  if (!days) return undefined;
  if (days.length === 7) return "every day";
  if (days.join() === "MON,TUE,WED,THU,FRI") return "Monday to Friday";
  return `every ${joined(days.map(dayName))}`;
}

function monthsOf(month: string): string | undefined {
  if (month === "*") return "";
  const names = month.split(",").map((one) => (/^\d+$/.test(one) ? MONTHS[Number(one) - 1] : MONTHS.find((each) => each.slice(0, 3).toUpperCase() === one.toUpperCase())));
  return names.every((one) => one !== undefined) ? `, in ${joined(names)}` : undefined;
}

/** How long until then, roughly: "in 5 h". */
export function until(seconds: number): string {
  if (seconds < 60) return "in a moment";
  if (seconds < 3600) return `in ${Math.round(seconds / 60)} min`;
  if (seconds < 86_400 * 2) return `in ${Math.round(seconds / 3600)} h`;
  return `in ${Math.round(seconds / 86_400)} days`;
}

/** In the reader's own time zone, with the day of the week. */
export const moment = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString("en", { weekday: "short", month: "short", day: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const myZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
export const zones = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((one) => one !== "UTC")];
