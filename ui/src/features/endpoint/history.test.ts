import { expect, it } from "vitest";

import { type Deployment, keptFrom, servedName, servingAt } from "./history";

const endpoint = { EndpointConfigName: "two", EndpointStatus: "InService" } as never;
const one = (config: string, variants: Deployment["variants"] = []): Deployment => ({ config, at: 1, generation: 1, variants });

it("goes back to what is still there and does not serve", () => {
  const history = [one("two"), one("one"), { ...one("gone"), variants: undefined }];
  expect(servingAt(history, endpoint)).toBe(0);
  expect(history.map((each) => keptFrom(each, endpoint))).toEqual(["It serves now.", undefined, "Its configuration was deleted."]);
  expect(keptFrom(one("one"), { EndpointConfigName: "two", EndpointStatus: "Updating" } as never)).toBe("The endpoint is Updating.");
});

it("calls what serves by its version where it has one", () => {
  const variant = { VariantName: "v", ModelName: "m" };
  expect(servedName({ ...variant, version: "arn:aws:sagemaker:us-east-1:1:model-package/churn/3" })).toEqual({ text: "churn, version 3", to: "/registry/churn/3" });
  expect(servedName(variant)).toEqual({ text: "m", to: "/models/m" });
});
