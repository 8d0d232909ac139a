// Which page stands at which path. Pages with charts or forms load when they are first opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";

import { App } from "./app";
import { HomePage } from "./features/home/page";

const root = createRootRoute({
  component: App,
  notFoundComponent: () => (
    <>
      <h1>There is no such page</h1>
      <p>
        The address may be mistyped, or of another version. <Link to="/">Go home</Link>
      </p>
    </>
  ),
});

const page = (path: string, component: ReturnType<typeof lazyRouteComponent> | (() => React.JSX.Element)) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch: (search: Record<string, unknown>) => search });

const routes = [
  page("/", HomePage),
  page("/jobs", lazyRouteComponent(() => import("./features/training-job/list"), "JobsPage")),
  page("/jobs/create", lazyRouteComponent(() => import("./features/training-job/create"), "CreateJobPage")),
  page("/jobs/compare", lazyRouteComponent(() => import("./features/training-job/compare"), "ComparePage")),
  page("/jobs/$name", lazyRouteComponent(() => import("./features/training-job/detail"), "JobPage")),
  page("/processing", lazyRouteComponent(() => import("./features/processing-job/list"), "ProcessingJobsPage")),
  page("/processing/$name", lazyRouteComponent(() => import("./features/processing-job/detail"), "ProcessingJobPage")),
  page("/tuning", lazyRouteComponent(() => import("./features/tuning/list"), "TuningJobsPage")),
  page("/tuning/$name", lazyRouteComponent(() => import("./features/tuning/detail"), "TuningJobPage")),
  page("/experiments", lazyRouteComponent(() => import("./features/tracking-server/list"), "ExperimentsPage")),
  page("/environments", lazyRouteComponent(() => import("./features/environment/list"), "EnvironmentsPage")),
  page("/environments/$name", lazyRouteComponent(() => import("./features/environment/detail"), "EnvironmentPage")),
  page("/pipelines", lazyRouteComponent(() => import("./features/pipeline/list"), "PipelinesPage")),
  page("/pipelines/create", lazyRouteComponent(() => import("./features/pipeline/editor"), "CreatePipelinePage")),
  page("/pipelines/$name/edit", lazyRouteComponent(() => import("./features/pipeline/editor"), "EditPipelinePage")),
  page("/pipelines/$name", lazyRouteComponent(() => import("./features/pipeline/detail"), "PipelinePage")),
  page("/pipelines/$name/compare", lazyRouteComponent(() => import("./features/pipeline/compare"), "ComparePage")),
  page("/pipelines/$name/$execution", lazyRouteComponent(() => import("./features/pipeline/execution"), "ExecutionPage")),
  page("/schedules", lazyRouteComponent(() => import("./features/schedule/list"), "SchedulesPage")),
  page("/schedules/create", lazyRouteComponent(() => import("./features/schedule/form"), "CreateSchedulePage")),
  page("/schedules/$name", lazyRouteComponent(() => import("./features/schedule/form"), "SchedulePage")),
  page("/rules", lazyRouteComponent(() => import("./features/rule/list"), "RulesPage")),
  page("/rules/create", lazyRouteComponent(() => import("./features/rule/form"), "CreateRulePage")),
  page("/rules/$name", lazyRouteComponent(() => import("./features/rule/detail"), "RulePage")),
  page("/rules/$name/edit", lazyRouteComponent(() => import("./features/rule/form"), "EditRulePage")),
  page("/functions", lazyRouteComponent(() => import("./features/function/list"), "FunctionsPage")),
  page("/functions/create", lazyRouteComponent(() => import("./features/function/create"), "CreateFunctionPage")),
  page("/functions/$name", lazyRouteComponent(() => import("./features/function/detail"), "FunctionPage")),
  page("/registry", lazyRouteComponent(() => import("./features/registry/list"), "RegistryPage")),
  page("/registry/$group", lazyRouteComponent(() => import("./features/registry/group"), "ModelGroupPage")),
  page("/registry/$group/compare", lazyRouteComponent(() => import("./features/registry/compare-page"), "CompareVersionsPage")),
  page("/registry/$group/$version", lazyRouteComponent(() => import("./features/registry/version"), "VersionPage")),
  page("/cards", lazyRouteComponent(() => import("./features/model-card/list"), "CardsPage")),
  page("/cards/$name", lazyRouteComponent(() => import("./features/model-card/page"), "CardPage")),
  page("/models", lazyRouteComponent(() => import("./features/model/pages"), "ModelsPage")),
  page("/models/$name", lazyRouteComponent(() => import("./features/model/pages"), "ModelPage")),
  page("/endpoints", lazyRouteComponent(() => import("./features/endpoint/list"), "EndpointsPage")),
  page("/endpoints/$name", lazyRouteComponent(() => import("./features/endpoint/detail"), "EndpointPage")),
  page("/batch", lazyRouteComponent(() => import("./features/transform/list"), "TransformJobsPage")),
  page("/batch/create", lazyRouteComponent(() => import("./features/transform/create"), "CreateTransformPage")),
  page("/batch/$name", lazyRouteComponent(() => import("./features/transform/detail"), "TransformJobPage")),
  page("/alarms", lazyRouteComponent(() => import("./features/alarm/page"), "AlarmsPage")),
  page("/data", lazyRouteComponent(() => import("./features/bucket/list"), "BucketsPage")),
  page("/data/sets", lazyRouteComponent(() => import("./features/data-set/list"), "DataSetsPage")),
  page("/data/sets/$name", lazyRouteComponent(() => import("./features/data-set/detail"), "DataSetPage")),
  page("/data/$bucket", lazyRouteComponent(() => import("./features/bucket/objects"), "BucketPage")),
  page("/notebook-jobs", lazyRouteComponent(() => import("./features/notebook/list"), "NotebookJobsPage")),
  page("/notebook-jobs/$name", lazyRouteComponent(() => import("./features/notebook/detail"), "NotebookJobPage")),
  page("/shared-notebooks/$id", lazyRouteComponent(() => import("./features/notebook/detail"), "SharedNotebookPage")),
  page("/spaces", lazyRouteComponent(() => import("./features/space/list"), "SpacesPage")),
  page("/spaces/$name", lazyRouteComponent(() => import("./features/space/detail"), "SpacePage")),
  page("/activity", lazyRouteComponent(() => import("./features/activity/page"), "ActivityPage")),
  page("/notifications", lazyRouteComponent(() => import("./features/notification/page"), "NotificationsPage")),
  page("/running", lazyRouteComponent(() => import("./features/running/page"), "RunningPage")),
  page("/usage", lazyRouteComponent(() => import("./features/usage/page"), "UsagePage")),
  page("/projects", lazyRouteComponent(() => import("./features/project/pages"), "ProjectsPage")),
  page("/members", lazyRouteComponent(() => import("./features/project/pages"), "MembersPage")),
  page("/keys", lazyRouteComponent(() => import("./features/access-key/pages"), "KeysPage")),
  page("/connect", lazyRouteComponent(() => import("./features/access-key/pages"), "ConnectPage")),
  page("/settings", lazyRouteComponent(() => import("./features/settings/page"), "SettingsPage")),
  page("/invite", HomePage),
];

export const router = createRouter({ routeTree: root.addChildren(routes), defaultPreload: "intent" });
