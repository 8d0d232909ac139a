// What did not change stays the same object, so that only what did is drawn again.
import { replaceEqualDeep } from "@tanstack/react-query";

/** A function that gives each list with the entries of the list before, by their ids, where they say the same. */
export function keeper<T extends { id: string }>(): (list: T[]) => T[] {
  let before: T[] = [];
  return (list) => {
    const old = new Map(before.map((one) => [one.id, one]));
    const made = list.map((one) => {
      const was = old.get(one.id);
      return was ? (replaceEqualDeep(was, one) as T) : one;
    });
    const same = made.length === before.length && made.every((one, at) => one === before[at]);
    before = same ? before : made;
    return before;
  };
}
