// Gathers what events made stale, and asks for it at intervals. Where events come faster than answers, what is asked for
// already is let come to its end: else each event would throw the last question away, and no answer would ever be shown.
const PAUSE = 250;
/** A page that waits for an answer so long does not hold up the others. */
const LONGEST = 2000;

export interface Gatherer {
  add: (key: unknown[]) => void;
  end: () => void;
}

export function gatherer(ask: (keys: unknown[][]) => Promise<unknown>): Gatherer {
  const waiting = new Map<string, unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const plan = (pause: number) => {
    timer ??= setTimeout(() => void flush(), Math.max(pause, PAUSE));
  };
  const flush = async () => {
    const keys = [...waiting.values()];
    waiting.clear();
    const began = performance.now();
    await Promise.race([ask(keys), new Promise((done) => setTimeout(done, LONGEST))]);
    timer = undefined;
    // A third of the time at most is spent on asking.
    if (waiting.size > 0 && !ended) plan(2 * (performance.now() - began));
  };
  return {
    add: (key) => {
      waiting.set(JSON.stringify(key), key);
      plan(PAUSE);
    },
    end: () => {
      ended = true;
      clearTimeout(timer);
    },
  };
}
