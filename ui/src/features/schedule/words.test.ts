import { describe, expect, it } from "vitest";

import { expressionOf, FRESH, spoken, until, whenOf } from "./words";

describe("an expression in plain words", () => {
  it.each([
    ["rate(1 hour)", "every hour"],
    ["rate(15 minutes)", "every 15 minutes"],
    ["at(2033-05-18T03:33:20)", "once, on May 18, 2033 at 03:33 (UTC)"],
    ["cron(30 3 * * ? *)", "every day at 03:30 (UTC)"],
    ["cron(0 3 ? * MON-FRI *)", "Monday to Friday at 03:00 (UTC)"],
    ["cron(0 3 ? * 2-6 *)", "Monday to Friday at 03:00 (UTC)"],
    ["cron(0 8,20 ? * SAT,SUN *)", "every Saturday and Sunday at 08:00 and 20:00 (UTC)"],
    ["cron(0 6 1,15 * ? *)", "on the 1st and 15th of each month at 06:00 (UTC)"],
    ["cron(0 6 L * ? *)", "on the last day of each month at 06:00 (UTC)"],
    ["cron(0 6 ? * MON#2 *)", "on the 2nd Monday of each month at 06:00 (UTC)"],
    ["cron(0 6 ? * 6L *)", "on the last Friday of each month at 06:00 (UTC)"],
    ["cron(0/10 * * * ? *)", "every day every 10 minutes (UTC)"],
    ["cron(0 6 1 JAN,7 ? *)", "on the 1st of each month at 06:00, in January and July (UTC)"],
    ["cron(3/7 1-2 1W * ? *)", "cron(3/7 1-2 1W * ? *) (UTC)"],
  ])("%s", (expression, words) => expect(spoken(expression)).toBe(words));

  it("names the zone where it matters", () => {
    expect(spoken("cron(0 3 * * ? *)", "America/New_York")).toBe("every day at 03:00 (America/New York)");
    expect(spoken("rate(2 days)", "America/New_York")).toBe("every 2 days");
  });
});

describe("an expression as a form", () => {
  it.each([
    ["rate(5 minutes)", { kind: "rate", count: "5", unit: "minutes" }],
    ["rate(1 day)", { kind: "rate", count: "1", unit: "days" }],
    ["cron(5 14 * * ? *)", { kind: "daily", clock: "14:05" }],
    ["cron(5 14 ? * MON,WED *)", { kind: "weekly", clock: "14:05", days: ["MON", "WED"] }],
    ["cron(0 4 ? * TUE-FRI *)", { kind: "weekly", clock: "04:00", days: ["TUE", "WED", "THU", "FRI"] }],
    ["cron(0 4 15 * ? *)", { kind: "monthly", clock: "04:00", day: "15" }],
    ["cron(0 4 L * ? *)", { kind: "monthly", clock: "04:00", day: "L" }],
    ["at(2033-05-18T03:33:00)", { kind: "once", date: "2033-05-18", clock: "03:33" }],
    ["cron(0/5 4 ? * MON#1 *)", { kind: "cron", cron: "0/5 4 ? * MON#1 *" }],
  ])("%s, and back", (expression, fields) => {
    const when = whenOf(expression);
    expect(when).toMatchObject(fields);
    expect(expressionOf(when)).toBe(expression);
  });

  it("is singular where it must be, and leaves what cannot be to the server", () => {
    expect(expressionOf({ ...FRESH, kind: "rate", count: "1", unit: "minutes" })).toBe("rate(1 minute)");
    expect(expressionOf({ ...FRESH, kind: "rate", count: "x", unit: "minutes" })).toBe("rate(x minutes)");
    expect(whenOf("cron(nonsense)").cron).toBe("nonsense");
  });
});

it("tells roughly how long it takes until then", () => {
  expect([20, 600, 7200, 86_400 * 3].map(until)).toEqual(["in a moment", "in 10 min", "in 2 h", "in 3 days"]);
});
