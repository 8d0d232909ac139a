// A model card's content as the form edits it: single fields by their place, everything else left as it is. Pure.
export type Content = Record<string, unknown>;
export const STATUSES = ["Draft", "PendingReview", "Approved", "Archived"];
export const RISKS = ["Unknown", "Low", "Medium", "High"];

export interface Field {
  /** "intended_uses.risk_rating": where in the content it lies. */
  at: string;
  label: string;
  help?: string;
  lines?: boolean;
  options?: string[];
}
export interface Section {
  title: string;
  fields: Field[];
}

export const SECTIONS: Section[] = [
  {
    title: "Model",
    fields: [
      { at: "model_overview.model_description", label: "What it does", lines: true },
      { at: "model_overview.problem_type", label: "Kind of problem", help: "Binary classification, regression…" },
      { at: "model_overview.algorithm_type", label: "Algorithm" },
      { at: "model_overview.model_creator", label: "Made by" },
    ],
  },
  {
    title: "Intended uses",
    fields: [
      { at: "intended_uses.purpose_of_model", label: "Purpose", help: "What the model is for.", lines: true },
      { at: "intended_uses.intended_uses", label: "Uses", help: "Who uses it for what, and what it is not for.", lines: true },
      { at: "intended_uses.factors_affecting_model_efficiency", label: "What makes it worse", lines: true },
      { at: "intended_uses.risk_rating", label: "Risk", options: RISKS },
      { at: "intended_uses.explanations_for_risk_rating", label: "Why that risk", lines: true },
    ],
  },
  {
    title: "Business",
    fields: [
      { at: "business_details.business_problem", label: "Problem it solves", lines: true },
      { at: "business_details.business_stakeholders", label: "Stakeholders" },
      { at: "business_details.line_of_business", label: "Line of business" },
    ],
  },
  {
    title: "Making",
    fields: [
      { at: "training_details.training_observations", label: "Observations of the training", lines: true },
    ],
  },
  {
    title: "More to know",
    fields: [
      { at: "additional_information.ethical_considerations", label: "Ethical considerations", lines: true },
      { at: "additional_information.caveats_and_recommendations", label: "Caveats and recommendations", lines: true },
    ],
  },
];

const isObject = (value: unknown): value is Content => typeof value === "object" && value !== null && !Array.isArray(value);

export function parse(text: string | undefined): Content {
  try {
    const found: unknown = JSON.parse(text || "{}");
    return isObject(found) ? found : {};
  } catch {
    return {};
  }
}

export function at(content: Content, place: string): unknown {
  let found: unknown = content;
  for (const name of place.split(".")) found = isObject(found) ? found[name] : undefined;
  return found;
}

export const textAt = (content: Content, place: string): string => {
  const found = at(content, place);
  return typeof found === "string" ? found : "";
};

/** A copy with something else there; what is empty is left out, and sections that hold nothing with it. */
export function set(content: Content, place: string, value: unknown): Content {
  const [name = "", ...rest] = place.split(".");
  const inner = rest.length ? set(isObject(content[name]) ? content[name] : {}, rest.join("."), value) : value;
  const empty = inner === undefined || inner === "" || (isObject(inner) && Object.keys(inner).length === 0);
  const others = Object.fromEntries(Object.entries(content).filter(([member]) => member !== name));
  return empty ? others : { ...others, [name]: inner };
}

export interface Metric {
  evaluation: string;
  group: string;
  name: string;
  value: string;
}

/** The metrics of all evaluations, as rows. */
export function metricsOf(content: Content): Metric[] {
  const list = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);
  return list(content.evaluation_details).flatMap((evaluation) =>
    list(evaluation.metric_groups).flatMap((group) =>
      list(group.metric_data).map((one) => ({
        evaluation: String(evaluation.name),
        group: String(group.name),
        name: String(one.name),
        value: typeof one.value === "object" ? JSON.stringify(one.value) : String(one.value),
      })),
    ),
  );
}

export interface Known {
  creator?: string;
  artifact?: string;
  job?: { arn: string; image?: string; datasets: string[]; metrics: { name: string; value: number }[]; parameters: Record<string, string> };
  reports: { title: string; uri: string; numbers: Record<string, number> }[];
}

/** With what the studio knows of the model, where the card says nothing yet. */
export function filled(content: Content, known: Known): Content {
  let card = content;
  const say = (place: string, value: unknown) => {
    if (at(card, place) === undefined && value !== undefined) card = set(card, place, value);
  };
  say("model_overview.model_creator", known.creator);
  say("model_overview.model_artifact", known.artifact ? [known.artifact] : undefined);
  if (known.job) {
    const { arn, image, datasets, metrics, parameters } = known.job;
    const told = Object.entries(parameters).map(([name, value]) => ({ name, value: value.slice(0, 255) }));
    say("training_details.training_job_details", {
      training_arn: arn,
      ...(datasets.length ? { training_datasets: datasets.slice(0, 15) } : {}),
      ...(image ? { training_environment: { container_image: [image] } } : {}),
      ...(metrics.length ? { training_metrics: metrics.slice(0, 50) } : {}),
      ...(told.length ? { hyper_parameters: told.slice(0, 100) } : {}),
    });
  }
  const evaluations = known.reports
    .filter((one) => Object.keys(one.numbers).length)
    .map((one) => ({
      name: one.title.slice(0, 63),
      datasets: [one.uri],
      metric_groups: [{ name: "metrics", metric_data: Object.entries(one.numbers).map(([name, value]) => ({ name: name.slice(0, 255), type: "number", value })) }],
    }));
  say("evaluation_details", evaluations.length ? evaluations : undefined);
  return card;
}
