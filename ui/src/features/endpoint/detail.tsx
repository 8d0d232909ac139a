import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs, { type TabsProps } from "@cloudscape-design/components/tabs";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import type { Endpoint, EndpointConfig } from "../../api/types";
import { useStudio } from "../../shared/context";
import { Cost } from "../../shared/cost";
import { time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Code, Copy, Failure, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { EndpointAlarms } from "../alarm/panel";
import { Components } from "../inference-component/panel";
import { placesOf } from "../inference-component/query";
import { contextOf, Lineage } from "../lineage/view";
import { SystemCharts } from "../training-job/charts";
import { useEndpointActions } from "./actions";
import { CapturedRequests } from "./captured";
import { Traffic } from "./charts";
import { History } from "./history-tab";
import { Progress } from "./progress";
import { useConfig, useEndpoint } from "./query";
import { Queue } from "./queue";
import { samplesOf, useInputs } from "./sample";
import { Scaling } from "./scaling";
import { asyncPython, componentPython, curl, javascript, python, triton } from "./snippets";
import { TestPanel } from "./test-panel";
import { UpdateDialog } from "./update";
import { Variants } from "./variants";

function Snippets({ endpoint }: { endpoint: Endpoint }) {
  const { session } = useStudio();
  const name = endpoint.EndpointName;
  const json = { id: "json", label: "JSON", content: <Code text={JSON.stringify(endpoint, null, 2)} /> };
  const shared = placesOf(endpoint).length > 0;
  const inputs = useInputs(name, endpoint.EndpointStatus === "InService" && !shared);
  const body = samplesOf(inputs)["application/json"]!;
  if (shared) return <Tabs variant="container" tabs={[{ id: "python", label: "Python", content: <Code text={componentPython(name, "my-component", body)} /> }, json]} />;
  if (endpoint.AsyncInferenceConfig) {
    const bucket = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
    return <Tabs variant="container" tabs={[{ id: "python", label: "Python", content: <Code text={asyncPython(name, bucket)} /> }, json]} />;
  }
  return (
    <Tabs
      variant="container"
      tabs={[
        { id: "curl", label: "curl", content: <Code text={curl(session.endpoint, name, body)} /> },
        { id: "python", label: "Python", content: <Code text={python(name, body)} /> },
        { id: "javascript", label: "JavaScript", content: <Code text={javascript(session.endpoint, name, body)} /> },
        { id: "triton", label: "Triton", content: <Code text={triton(session.endpoint, name, inputs)} /> },
        json,
      ]}
    />
  );
}

/** What can be looked at of this endpoint in this studio. */
function useTabs(endpoint: Endpoint, config: EndpointConfig | undefined, update: () => void): TabsProps.Tab[] {
  const { can } = useStudio();
  const name = endpoint.EndpointName;
  const live = endpoint.ProductionVariants ?? [];
  const variants = live.map((one) => one.VariantName);
  const serverless = live.some((one) => one.CurrentServerlessConfig);
  const shared = placesOf(endpoint).length > 0;
  const tabs: (TabsProps.Tab | false)[] = [
    endpoint.AsyncInferenceConfig ? { id: "test", label: "Queue", content: <Queue endpoint={endpoint} /> } : { id: "test", label: "Test", content: <TestPanel endpoint={endpoint} /> },
    !shared && { id: "traffic", label: "Traffic", content: <Traffic name={name} /> },
    shared && { id: "components", label: "Inference components", content: <Components endpoint={endpoint} config={config} /> },
    { id: "variants", label: "Variants", content: <Variants endpoint={endpoint} config={config} update={update} /> },
    !serverless && !shared && !endpoint.AsyncInferenceConfig && { id: "captured", label: "Captured", content: <CapturedRequests endpoint={endpoint} /> },
    !serverless && can("application-autoscaling:RegisterScalableTarget") && variants.length > 0 && { id: "scaling", label: "Scaling", content: <Scaling endpoint={name} variants={variants} queued={Boolean(endpoint.AsyncInferenceConfig)} /> },
    can("cloudwatch:PutMetricAlarm") && !shared && variants.length > 0 && { id: "alarms", label: "Alarms", content: <EndpointAlarms endpoint={name} variants={variants} /> },
    { id: "history", label: "History", content: <History endpoint={endpoint} /> },
    !shared && { id: "log", label: "Log", content: <LogView group={`/aws/sagemaker/Endpoints/${name}`} prefix="" live /> },
    !shared && { id: "system", label: "System", content: <SystemCharts kind="Endpoint" name={name} live /> },
    !shared && { id: "lineage", label: "Lineage", content: <Lineage start={contextOf(endpoint.EndpointArn)} waits="The studio notes what an endpoint serves as soon as it is in service." /> },
    { id: "comments", label: "Comments", content: <Comments arn={endpoint.EndpointArn} /> },
    { id: "code", label: "Code", content: <Snippets endpoint={endpoint} /> },
    { id: "tags", label: "Tags", content: <Tags arn={endpoint.EndpointArn} /> },
  ];
  return tabs.filter((one): one is TabsProps.Tab => one !== false);
}

/** What a FailureReason is about where the endpoint itself did not fail. */
const FAILED: Record<string, string> = {
  InService: "The last update failed; the version before it serves",
  RollingBack: "The update failed; the version before it comes back",
};

export function EndpointPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const query = useEndpoint(name);
  const config = useConfig(query.data?.EndpointConfigName);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  return <Page endpoint={query.data} config={config.data} />;
}

function Page({ endpoint, config }: { endpoint: Endpoint; config: EndpointConfig | undefined }) {
  const { tab, update } = useSearch({ strict: false }) as { tab?: string; update?: boolean };
  const navigate = useNavigate();
  const actionsOf = useEndpointActions();
  const name = endpoint.EndpointName;
  const show = (search: object) => void navigate({ to: ".", search: search as never, replace: true });
  const tabs = useTabs(endpoint, config, () => show({ tab: "variants", update: true }));
  const active = tabs.some((one) => one.id === tab) ? tab! : placesOf(endpoint).length > 0 ? "components" : "test";
  const actions = actionsOf(name, endpoint.EndpointStatus);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actions} />
              <Button variant="primary" onClick={() => show({ tab: "test" })}>
                Test it
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {endpoint.FailureReason && (
          <Alert type="error" header={FAILED[endpoint.EndpointStatus] ?? "The endpoint failed"}>
            <pre className="reason">{endpoint.FailureReason}</pre>
          </Alert>
        )}
        <Container>
          <SpaceBetween size="m">
            <KeyValuePairs
              columns={4}
              items={[
                { label: "Status", value: <Status word={endpoint.EndpointStatus} /> },
                { label: "Created", value: time(endpoint.CreationTime) },
                { label: "Used", value: <Cost kind="Endpoint" name={name} since={endpoint.CreationTime} live /> },
                { label: "Configuration", value: endpoint.EndpointConfigName },
              ]}
            />
            {/* A quarter of the width would break it into pieces. */}
            <KeyValuePairs columns={1} items={[{ label: "ARN", value: <Copy text={endpoint.EndpointArn} /> }]} />
          </SpaceBetween>
        </Container>
        <Progress endpoint={endpoint} />
        <Tabs activeTabId={active} onChange={({ detail }) => show({ tab: detail.activeTabId })} tabs={tabs} />
      </SpaceBetween>
      {update && config && <UpdateDialog name={name} config={config} close={() => show({ tab: active })} />}
    </ContentLayout>
  );
}
