// The stages of a deployment, one after the other, and how far the new version has come.
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";

import type { Endpoint } from "../../api/types";
import { duration } from "../../shared/format";

const STAGES: [string, string][] = [
  ["Creating", "New version starts"],
  ["ActivatingTraffic", "Traffic moves over"],
  ["Baking", "Watched before the old one goes"],
  ["Done", "In service"],
];

export const stageOf = (endpoint: Endpoint): number => {
  const words = (endpoint.PendingDeploymentSummary?.ProductionVariants ?? []).flatMap((one) => (one.VariantStatus ?? []).map((status) => status.Status));
  const at = Math.min(...words.map((word) => STAGES.findIndex(([name]) => name === word)).filter((index) => index >= 0));
  return Number.isFinite(at) ? at : 0;
};

export function Progress({ endpoint }: { endpoint: Endpoint }) {
  const pending = endpoint.PendingDeploymentSummary;
  if (!pending && endpoint.EndpointStatus !== "Creating" && endpoint.EndpointStatus !== "Updating") return null;
  const at = stageOf(endpoint), back = endpoint.EndpointStatus === "RollingBack";
  // On the way back it is the old version whose instances are awaited.
  const variants = (back ? undefined : pending?.ProductionVariants) ?? endpoint.ProductionVariants ?? [];
  const ready = variants.reduce((sum, one) => sum + (one.CurrentInstanceCount ?? 0), 0);
  const wanted = variants.reduce((sum, one) => sum + (one.DesiredInstanceCount ?? 0), 0);
  const message = (pending?.ProductionVariants ?? variants).flatMap((one) => one.VariantStatus ?? []).find((one) => one.StatusMessage)?.StatusMessage;
  return (
    <Container header={<Header variant="h2">{endpoint.EndpointStatus === "Creating" ? "Being created" : back ? "The old version comes back" : "Deployment under way"}</Header>}>
      <SpaceBetween size="m">
        {pending && !back && (
          <ol className="stages" aria-label="Stages">
            {STAGES.map(([stage, text], index) => (
              <li key={stage} aria-current={index === at ? "step" : undefined} className={index < at ? "over" : index === at ? "now" : ""}>
                {text}
              </li>
            ))}
          </ol>
        )}
        {wanted > 0 && <ProgressBar value={(100 * ready) / wanted} label="Instances that answer" additionalInfo={`${ready} of ${wanted}`} />}
        <Box color="text-body-secondary">
          {message ?? "The model is fetched, its server starts and is asked whether it is well."}
          {pending?.StartTime ? ` Since ${duration(Date.now() / 1000 - pending.StartTime)}.` : ""}
        </Box>
      </SpaceBetween>
    </Container>
  );
}
