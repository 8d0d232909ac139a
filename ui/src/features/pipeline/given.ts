// Values for a pipeline's parameters, as a form holds them and as requests do. Pure.
export type Given = Record<string, string>;

/** As both schedules and rules hold them; what is left empty takes its default. */
export const parameterList = (given: Given) => Object.entries(given).filter(([, value]) => value !== "").map(([Name, Value]) => ({ Name, Value }));
export const givenOf = (list: { Name: string; Value: string }[] | undefined): Given => Object.fromEntries((list ?? []).map((one) => [one.Name, one.Value]));
