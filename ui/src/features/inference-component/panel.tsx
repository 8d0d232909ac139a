// The models that share an endpoint's instances: each with its copies, its state, and what it does now.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import type { Endpoint, EndpointConfig } from "../../api/types";
import { VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { Cost } from "../../shared/cost";
import { time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Code, Copy, Empty, Failure, Link, Status } from "../../shared/parts";
import { useTypes } from "../../shared/prices";
import { useRows } from "../../shared/rows";
import { Tags } from "../../shared/tags";
import { Traffic } from "../endpoint/charts";
import { ScalingOf } from "../endpoint/scaling";
import { samplesOf, useInputs } from "../endpoint/sample";
import { componentPython } from "../endpoint/snippets";
import { useComponentActions } from "./actions";
import { ComponentForm, CopiesDialog } from "./form";
import { type Component, placesOf, useComponents } from "./query";
import { needsOf, takenOf } from "./request";

const modelOf = (one: Component) => {
  const { ModelName, Container: own } = one.Specification;
  return ModelName ? <Link to={`/models/${ModelName}`}>{ModelName}</Link> : (own?.DeployedImage?.SpecifiedImage ?? "–");
};

type Asked = { what: "copies" | "update"; of: Component } | { what: "create" };

function InPython({ component }: { component: Component }) {
  const inputs = useInputs(component.InferenceComponentName, component.InferenceComponentStatus === "InService");
  return <Code text={componentPython(component.EndpointName, component.InferenceComponentName, samplesOf(inputs)["application/json"]!)} />;
}

export function Components({ endpoint, config }: { endpoint: Endpoint; config: EndpointConfig | undefined }) {
  const { canWrite } = useStudio();
  const { component } = useSearch({ strict: false }) as { component?: string };
  const navigate = useNavigate();
  const types = useTypes();
  const [asked, setAsked] = useState<Asked>();
  const name = endpoint.EndpointName;
  const places = placesOf(endpoint);
  const { list, components, pending } = useComponents(name);
  const show = (chosen: string | undefined, tab = "components") => void navigate({ to: ".", search: { tab, component: chosen } as never, replace: true });
  const actionsOf = useComponentActions({
    open: (one) => show(one.InferenceComponentName),
    test: (one) => show(one.InferenceComponentName, "test"),
    copies: (of) => setAsked({ what: "copies", of }),
    update: (of) => setAsked({ what: "update", of }),
  });
  const nameOf = (one: Component) => one.InferenceComponentName;
  const open = (one: Component) => show(one.InferenceComponentName);
  const { menu, close, handlers } = useRows({ items: components, nameOf, actionsOf, open, look: (one) => one && show(one.InferenceComponentName) });
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  const chosen = components.find((one) => nameOf(one) === component);
  const room = places.map((place) => {
    const given = config?.ProductionVariants.find((one) => one.VariantName === place);
    const type = given?.InstanceType;
    const live = endpoint.ProductionVariants?.find((one) => one.VariantName === place)?.CurrentInstanceCount ?? 0;
    // Instances that scale by themselves have room up to their greatest number.
    const most = given?.ManagedInstanceScaling?.Status === "ENABLED" ? (given.ManagedInstanceScaling.MaxInstanceCount ?? 0) : 0;
    const count = Math.max(live, most);
    const taken = takenOf(components, place, types.data?.find((one) => one.InstanceType === type), count);
    return taken && `${places.length > 1 ? `${place}: ` : ""}${taken}`;
  });
  const ready = endpoint.EndpointStatus === "InService";
  const add = (
    <Button disabled={!canWrite || !ready} disabledReason={canWrite ? `The endpoint is ${endpoint.EndpointStatus}.` : VIEWER} onClick={() => setAsked({ what: "create" })}>
      Add model
    </Button>
  );
  return (
    <SpaceBetween size="l">
      <div {...handlers}>
        <Table
          variant="embedded"
          contentDensity="compact"
          ariaLabels={{ tableLabel: "Inference components" }}
          header={
            <Header variant="h3" counter={components.length ? `(${components.length})` : undefined} description={room.filter(Boolean).join("; ") || "Models that share this endpoint's instances."} actions={components.length ? add : undefined}>
              Inference components
            </Header>
          }
          loading={pending}
          loadingText="Loading inference components"
          items={components}
          trackBy={nameOf}
          columnDefinitions={[
            {
              id: "name",
              header: "Name",
              isRowHeader: true,
              cell: (one) => (
                <span data-row={nameOf(one)}>
                  <Link to={`/endpoints/${name}?tab=components&component=${nameOf(one)}`}>{nameOf(one)}</Link>
                </span>
              ),
            },
            { id: "status", header: "Status", cell: (one) => <Status word={one.InferenceComponentStatus} /> },
            { id: "model", header: "Model", cell: modelOf },
            { id: "copies", header: "Copies", cell: (one) => `${one.RuntimeConfig.CurrentCopyCount} of ${one.RuntimeConfig.DesiredCopyCount}` },
            { id: "needs", header: "Each needs", cell: (one) => needsOf(one.Specification.ComputeResourceRequirements) },
            { id: "place", header: "Placed on", cell: (one) => one.VariantName },
          ]}
          empty={
            <Empty
              title="No models yet"
              text="This endpoint is a place that many models share. Each model that is added gets its part of the instances, in as many copies as it needs, and is scaled, updated and deleted by itself. Requests name it by InferenceComponentName."
              action={add}
            />
          }
        />
      </div>
      {menu && <ContextMenu at={menu} close={close} />}
      {chosen && <Detail key={nameOf(chosen)} one={chosen} actions={<ActionsButton actions={actionsOf(chosen).filter((each) => each.id !== "open")} />} />}
      {asked?.what === "create" && <ComponentForm endpoint={name} variants={places} close={() => setAsked(undefined)} />}
      {asked?.what === "update" && <ComponentForm endpoint={name} variants={places} of={asked.of} close={() => setAsked(undefined)} />}
      {asked?.what === "copies" && <CopiesDialog of={asked.of} close={() => setAsked(undefined)} />}
    </SpaceBetween>
  );
}

function Detail({ one, actions }: { one: Component; actions: ReactNode }) {
  const { can } = useStudio();
  const name = one.InferenceComponentName;
  const live = one.InferenceComponentStatus === "InService";
  return (
    <Container header={<Header variant="h3" actions={actions}>{name}</Header>}>
      <SpaceBetween size="m">
        {one.FailureReason && (
          <Alert type="error" header={live ? "The last update failed; the version before it serves" : "The component failed"}>
            <pre className="reason">{one.FailureReason}</pre>
          </Alert>
        )}
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Status", value: <Status word={one.InferenceComponentStatus} /> },
            { label: "Copies", value: `${one.RuntimeConfig.CurrentCopyCount} of ${one.RuntimeConfig.DesiredCopyCount}` },
            { label: "Created", value: time(one.CreationTime) },
            { label: "Used", value: <Cost kind="InferenceComponent" name={name} since={one.CreationTime} live={live} /> },
            { label: "ARN", value: <Copy text={one.InferenceComponentArn} /> },
          ]}
        />
        <Tabs
          tabs={[
            { id: "traffic", label: "Requests", content: <Traffic kind="InferenceComponent" name={name} /> },
            ...(can("application-autoscaling:RegisterScalableTarget") ? [{ id: "scaling", label: "Copies by load", content: <ScalingOf resource={`inference-component/${name}`} queued={false} /> }] : []),
            { id: "log", label: "Log of its copies", content: <LogView group={`/aws/sagemaker/InferenceComponents/${name}`} prefix="" live /> },
            { id: "code", label: "In Python", content: <InPython component={one} /> },
            { id: "tags", label: "Tags of it", content: <Tags arn={one.InferenceComponentArn} /> },
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}
