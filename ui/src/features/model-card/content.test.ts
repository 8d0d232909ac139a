import { expect, it } from "vitest";

import { filled, metricsOf, parse, set, textAt } from "./content";

it("sets one field and leaves the others; what is empty goes with its section", () => {
  const one = set({ evaluation_details: [1] }, "intended_uses.risk_rating", "Low");
  expect(one).toEqual({ evaluation_details: [1], intended_uses: { risk_rating: "Low" } });
  expect(textAt(one, "intended_uses.risk_rating")).toBe("Low");
  expect(set(one, "intended_uses.risk_rating", "")).toEqual({ evaluation_details: [1] });
  expect(parse("no json")).toEqual({});
});

it("is filled with what is known, where it says nothing", () => {
  const known = {
    creator: "ada",
    artifact: "s3://b/m.tar.gz",
    job: { arn: "arn", image: "i", datasets: [], metrics: [{ name: "loss", value: 1 }], parameters: { lr: "0.1" } },
    reports: [{ title: "Model quality: statistics", uri: "s3://b/e.json", numbers: { accuracy: 0.9 } }],
  };
  const card = filled({ model_overview: { model_creator: "bob" } }, known);
  expect(card).toEqual({
    model_overview: { model_creator: "bob", model_artifact: ["s3://b/m.tar.gz"] },
    training_details: {
      training_job_details: { training_arn: "arn", training_environment: { container_image: ["i"] }, training_metrics: [{ name: "loss", value: 1 }], hyper_parameters: [{ name: "lr", value: "0.1" }] },
    },
    evaluation_details: [{ name: "Model quality: statistics", datasets: ["s3://b/e.json"], metric_groups: [{ name: "metrics", metric_data: [{ name: "accuracy", type: "number", value: 0.9 }] }] }],
  });
  expect(metricsOf(card)).toEqual([{ evaluation: "Model quality: statistics", group: "metrics", name: "accuracy", value: "0.9" }]);
});
