// The project's feed: who did what to what and when, and how it ended; filtered in the address, live.
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { Avatar } from "../../shared/avatar";
import { Empty, Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { deedOf, pageOf, wordOf } from "../../shared/where";

interface Entry {
  ActivityId: string;
  Time: number;
  User: string;
  Operation: string;
  Kind: string;
  Name: string;
  ResourceArn?: string;
  Via: string;
  Status?: string;
  Reason?: string;
}
interface Search {
  user?: string;
  kind?: string;
}
const KINDS = [
  "TrainingJob",
  "ProcessingJob",
  "HyperParameterTuningJob",
  "TransformJob",
  "Pipeline",
  "PipelineExecution",
  "Schedule",
  "Rule",
  "Function",
  "Model",
  "ModelPackage",
  "ModelPackageGroup",
  "Endpoint",
  "EndpointConfig",
  "Space",
  "App",
  "Image",
  "ImageVersion",
  "DataSet",
  "Comment",
  "Alarm",
  "Member",
];

const day = (seconds: number) => new Date(seconds * 1000).toLocaleDateString("en", { weekday: "long", month: "long", day: "numeric" });
const clock = (seconds: number) => new Date(seconds * 1000).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function byDay(entries: Entry[]): [string, Entry[]][] {
  const found = new Map<string, Entry[]>();
  for (const one of entries) found.set(day(one.Time), [...(found.get(day(one.Time)) ?? []), one]);
  return [...found];
}

function What({ one }: { one: Entry }) {
  const arn = one.ResourceArn;
  const rest = arn?.split(":").slice(5).join(":") ?? "";
  const commented = one.Kind === "Comment";
  const kind = commented ? (COMMENTED[rest.split("/")[0] ?? ""] ?? rest.split("/")[0] ?? "") : one.Kind;
  const execution = kind === "Pipeline" && rest.includes("/execution/") ? "PipelineExecution" : kind;
  const name = commented ? rest.split("/").slice(1).join("/") : one.Name;
  const gone = /^Delete(?!Tags)|^Remove/.test(one.Operation);
  const page = gone ? undefined : pageOf(execution, name, arn);
  const shown = execution === "PipelineExecution" ? name.replace("/execution/", " · ") : name;
  return (
    <>
      {wordOf(execution)} {page ? <Link to={page}>{shown || "it"}</Link> : <b>{shown}</b>}
    </>
  );
}
const COMMENTED: Record<string, string> = {
  "training-job": "TrainingJob",
  "data-set": "DataSet",
  "processing-job": "ProcessingJob",
  "transform-job": "TransformJob",
  "hyper-parameter-tuning-job": "HyperParameterTuningJob",
  "model-package": "ModelPackage",
  "model-package-group": "ModelPackageGroup",
  pipeline: "Pipeline",
  model: "Model",
  endpoint: "Endpoint",
  space: "Space",
  image: "Image",
};

const Line = ({ one }: { one: Entry }) => (
  <li className="deed">
    <time dateTime={new Date(one.Time * 1000).toISOString()}>{clock(one.Time)}</time>
    <Avatar name={one.User || "studio"} />
    <div>
      {one.Via === "Studio" ? (
        <>
          {one.User && `${one.User}'s `}
          <What one={one} /> <Status word={one.Status ?? ""} />
        </>
      ) : (
        <>
          <b>{one.User}</b> {deedOf(one.Operation)} <What one={one} />
          {one.Via !== "Browser" && <small title={`By ${one.Operation}`}>{one.Via === "Access key" ? "by script" : "from a job or space"}</small>}
        </>
      )}
      {one.Reason && <p>{one.Reason}</p>}
    </div>
  </li>
);

export function ActivityPage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = (change: Search) => void navigate({ to: ".", search: { ...search, ...change } as never, replace: true });
  const members = useQuery({ queryKey: ["members"], queryFn: () => studio<{ Members: { User: string }[] }>("ListMembers"), select: (answer) => answer.Members });
  const query = useInfiniteQuery({
    queryKey: ["activity", search.user, search.kind],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => studio<{ Activities: Entry[]; NextToken?: string }>("ListActivity", { User: search.user, Kind: search.kind, NextToken: pageParam }),
    getNextPageParam: (page) => page.NextToken,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const entries = query.data?.pages.flatMap((page) => page.Activities) ?? [];
  const days = byDay(entries);
  const people = [{ value: "", label: "Anybody" }, ...(members.data ?? []).map((one) => ({ value: one.User, label: one.User }))];
  const kinds = [{ value: "", label: "Anything" }, ...KINDS.map((one) => ({ value: one, label: wordOf(one) }))];
  return (
    <SpaceBetween size="m">
      <Header variant="h1" description="What the members of this project changed, from any page, script or SDK, and how what they started ended.">
        Activity
      </Header>
      <div className="filters">
        <Select ariaLabel="Who" options={people} selectedOption={people.find((one) => one.value === (search.user ?? "")) ?? null} onChange={({ detail }) => set({ user: detail.selectedOption.value || undefined })} />
        <Select ariaLabel="What" options={kinds} selectedOption={kinds.find((one) => one.value === (search.kind ?? "")) ?? null} onChange={({ detail }) => set({ kind: detail.selectedOption.value || undefined })} />
      </div>
      {query.isPending && <Skeleton rows={8} />}
      {query.isSuccess && entries.length === 0 && (
        <Empty
          title={search.user || search.kind ? "Nothing matches" : "Nothing has happened yet"}
          text={search.user || search.kind ? "Nobody did such a thing in this project." : "Whatever somebody makes, changes or removes is noted here."}
          action={search.user || search.kind ? <Button onClick={() => set({ user: undefined, kind: undefined })}>Clear filter</Button> : undefined}
        />
      )}
      {days.map(([title, those]) => (
        <section key={title} aria-label={title}>
          <h2 className="day">{title}</h2>
          <ol className="deeds">
            {those.map((one) => (
              <Line key={one.ActivityId} one={one} />
            ))}
          </ol>
        </section>
      ))}
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older
        </Button>
      )}
    </SpaceBetween>
  );
}
