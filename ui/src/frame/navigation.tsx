// The way to every page: signs with words, or the signs alone where the window is narrow or the person wants room.
import { Link } from "@tanstack/react-router";

import { type IconName, Sign } from "./icons";

export interface Place {
  text: string;
  to: string;
  sign: IconName;
  /** The operation without which there is nothing behind it. */
  needs?: string;
}
export const PLACES: { title?: string; places: Place[] }[] = [
  { places: [{ text: "Home", to: "/", sign: "home" }] },
  { title: "Code", places: [
      { text: "Spaces", to: "/spaces", sign: "code", needs: "sagemaker:CreateSpace" },
      { text: "Notebook jobs", to: "/notebook-jobs", sign: "notebook", needs: "studio:RunNotebook" },
    ] },
  { title: "Data", places: [{ text: "Files", to: "/data", sign: "folder" }, { text: "Data sets", to: "/data/sets", sign: "table", needs: "studio:CreateDataSet" }] },
  { title: "Build", 
    places: [
      { text: "Training jobs", to: "/jobs", sign: "jobs" },
      { text: "Processing jobs", to: "/processing", sign: "process", needs: "sagemaker:CreateProcessingJob" },
      { text: "Tuning jobs", to: "/tuning", sign: "tune", needs: "sagemaker:CreateHyperParameterTuningJob" },
      { text: "Experiments", to: "/experiments", sign: "flask", needs: "sagemaker:CreateMlflowTrackingServer" },
      { text: "Environments", to: "/environments", sign: "box", needs: "sagemaker:CreateImageVersion" },
      { text: "Pipelines", to: "/pipelines", sign: "pipeline", needs: "sagemaker:CreatePipeline" },
      { text: "Schedules", to: "/schedules", sign: "clock", needs: "studio:ListScheduleStates" },
      { text: "Event rules", to: "/rules", sign: "event", needs: "studio:ListRuleStates" },
      { text: "Functions", to: "/functions", sign: "function", needs: "studio:GetFunctionCode" },
    ],
  },
  {
    title: "Ship",
    places: [
      { text: "Models", to: "/models", sign: "model" },
      { text: "Model registry", to: "/registry", sign: "registry", needs: "sagemaker:CreateModelPackage" },
      { text: "Model cards", to: "/cards", sign: "card", needs: "sagemaker:CreateModelCard" },
      { text: "Endpoints", to: "/endpoints", sign: "rocket" },
      { text: "Batch transform", to: "/batch", sign: "batch", needs: "sagemaker:CreateTransformJob" },
      { text: "Alarms", to: "/alarms", sign: "bell", needs: "cloudwatch:PutMetricAlarm" },
    ],
  },
  {
    title: "Studio",
    places: [
      { text: "Activity", to: "/activity", sign: "activity", needs: "studio:ListActivity" },
      { text: "Running now", to: "/running", sign: "pulse", needs: "studio:ListRunning" },
      { text: "Usage and cost", to: "/usage", sign: "coins", needs: "studio:GetUsage" },
      { text: "Projects", to: "/projects", sign: "project" },
      { text: "Members", to: "/members", sign: "people" },
      { text: "Access keys", to: "/keys", sign: "key" },
      { text: "Connect", to: "/connect", sign: "plug" },
      { text: "Settings", to: "/settings", sign: "gear" },
    ],
  },
];

/** Pages that are reached from elsewhere than the navigation. */
const ASIDE: Place[] = [
  { text: "Shared notebooks", to: "/shared-notebooks", sign: "notebook" },
  { text: "Notifications", to: "/notifications", sign: "bell" },
];

export const placeOf = (path: string): Place | undefined =>
  [...PLACES.flatMap((group) => group.places), ...ASIDE]
    .filter((one) => one.to !== "/" && (path === one.to || path.startsWith(`${one.to}/`)))
    .pop();

export function Navigation({ path, wide, can }: { path: string; wide: boolean; can: (operation: string) => boolean }) {
  const here = path === "/" ? "/" : placeOf(path)?.to;
  return (
    <nav className={wide ? "places" : "places rail"} aria-label="Studio" id="places">
      {PLACES.map((group) => (
        <div key={group.title ?? ""} role="group" aria-label={group.title ?? "Start"}>
          {wide && group.title && <p aria-hidden="true">{group.title}</p>}
          {group.places
            .filter((one) => !one.needs || can(one.needs))
            .map((one) => (
              <Link key={one.to} to={one.to} activeOptions={{ exact: true }} aria-current={here === one.to ? "page" : undefined} title={wide ? undefined : one.text}>
                <Sign name={one.sign} />
                <span>{one.text}</span>
              </Link>
            ))}
        </div>
      ))}
    </nav>
  );
}
