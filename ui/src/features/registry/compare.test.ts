import { expect, it } from "vitest";

import { bestOf, rows, trends } from "./compare";

it("lays versions side by side and marks the best", () => {
  const table = rows([{ accuracy: "0.8", loss: "0.3" }, { accuracy: "0.9" }]);
  expect(table).toEqual([{ name: "accuracy", values: ["0.8", "0.9"] }, { name: "loss", values: ["0.3", undefined] }]);
  expect(bestOf("accuracy", ["0.8", "0.9"])).toBe(1);
  expect(bestOf("rmse", ["2", undefined, "1"])).toBe(2);
  expect(bestOf("accuracy", ["1", "1"])).toBeUndefined();
});

it("draws what changes over three versions or more", () => {
  const drawn = trends(rows([{ a: "1", b: "1" }, { a: "2", b: "1" }, { a: "3", b: "1" }]), [1, 2, 5]);
  expect(drawn).toEqual([{ name: "a", points: [{ x: 1, y: 1 }, { x: 2, y: 2 }, { x: 5, y: 3 }] }]);
});
