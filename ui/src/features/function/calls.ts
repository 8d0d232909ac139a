// A function's calls, read from what they printed. Pure.
export interface LogEvent {
  timestamp: number;
  message: string;
  logStreamName?: string;
}
export interface Call {
  stream: string;
  /** Epoch milliseconds. */
  at: number;
  id: string;
  state: "Succeeded" | "Failed" | "Running" | "Ended";
  /** Milliseconds. */
  duration?: number;
  memory?: number;
  why?: string;
}

/** What of a log says how calls went: their beginnings, their ends, and errors. */
export const MARKS = '?"START RequestId:" ?"REPORT RequestId:" ?"[ERROR]" ?"Task timed out after"';

/** Each stream is one call. The newest first. old: milliseconds after which one without an end must have been killed. */
export function callsOf(events: LogEvent[], now: number, old: number): Call[] {
  const found = new Map<string, Call>();
  for (const one of [...events].sort((a, b) => a.timestamp - b.timestamp)) {
    const stream = one.logStreamName ?? "";
    const call = found.get(stream) ?? { stream, at: one.timestamp, id: "", state: "Running" };
    found.set(stream, call);
    const begun = /^START RequestId: (\S+)/.exec(one.message);
    if (begun) call.id = begun[1]!;
    const report = reportOf(one.message);
    if (report) {
      Object.assign(call, { duration: report.duration, memory: report.memory, id: report.id });
      if (call.state === "Running") call.state = "Succeeded";
    }
    const timedOut = /^Task timed out after/.test(one.message);
    // What the function itself logs as an error has a time and an id before its text; what ended it does not.
    if (timedOut || (/^\[ERROR\] /.test(one.message) && !/^\[ERROR\]\t/.test(one.message))) Object.assign(call, { state: "Failed", why: timedOut ? one.message : one.message.slice(8) });
  }
  for (const one of found.values()) if (one.state === "Running" && now - one.at > old) Object.assign(one, { state: "Failed", why: "It ended without a report: it was killed, or took too much memory." });
  // Whose beginning was not among what was read says too little.
  return [...found.values()].sort((a, b) => b.at - a.at);
}

export function reportOf(text: string): { id: string; duration: number; memory: number } | undefined {
  const found = /REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\t.*Max Memory Used: (\d+) MB/.exec(text);
  return found ? { id: found[1]!, duration: Number(found[2]), memory: Number(found[3]) } : undefined;
}

/** A result as people read it. */
export function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}

export const HANDLER = /^[^\s.]+(\.[^\s.]+)*\.[A-Za-z_]\w*$/;

export interface Settings {
  handler: string;
  memory: string;
  timeout: string;
  description: string;
  variables: { key: string; value: string }[];
}
export function settingProblems(one: Settings): Partial<Record<keyof Settings, string>> {
  const found: Partial<Record<keyof Settings, string>> = {};
  if (!HANDLER.test(one.handler)) found.handler = "The file without .py, a dot, and the function in it: main.handler.";
  if (!/^\d+$/.test(one.memory) || Number(one.memory) < 128 || Number(one.memory) > 10_240) found.memory = "From 128 to 10240 MB.";
  if (!/^\d+$/.test(one.timeout) || Number(one.timeout) < 1 || Number(one.timeout) > 900) found.timeout = "From 1 to 900 seconds.";
  const bad = one.variables.find((each) => each.key && !/^[a-zA-Z]\w+$/.test(each.key));
  if (bad) found.variables = `${bad.key}: letters, digits and underscores, a letter first, at least two.`;
  return found;
}

export const configurationOf = (one: Settings) => ({
  Handler: one.handler,
  MemorySize: Number(one.memory),
  Timeout: Number(one.timeout),
  Description: one.description,
  Environment: { Variables: Object.fromEntries(one.variables.filter((each) => each.key).map((each) => [each.key, each.value])) },
});
