import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { ended } from "../../shared/actions";
import { Chart } from "../../shared/chart";
import { useStudio } from "../../shared/context";
import { used, useUsed } from "../../shared/cost";
import { duration, number, time } from "../../shared/format";
import { ActionsButton, Copy, Empty, Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { useTitle } from "../../shared/title";
import { useTuningActions } from "./list";
import { bestSoFar, objectiveOf, type Trial, type TuningJob } from "./types";

async function trialsOf(name: string): Promise<Trial[]> {
  const found: Trial[] = [];
  let token: string | undefined;
  do {
    const page = await sagemaker<{ TrainingJobSummaries: Trial[]; NextToken?: string }>("ListTrainingJobsForHyperParameterTuningJob", {
      HyperParameterTuningJobName: name,
      MaxResults: 100,
      SortBy: "CreationTime",
      SortOrder: "Ascending",
      NextToken: token,
    });
    found.push(...page.TrainingJobSummaries);
    token = page.NextToken;
  } while (token);
  return found;
}

const valueOf = (trial: Trial) => trial.FinalHyperParameterTuningJobObjectiveMetric?.Value;

function Curve({ job, trials }: { job: TuningJob; trials: Trial[] }) {
  const { Type, MetricName } = objectiveOf(job);
  const scored = trials.map((one, index) => ({ x: index + 1, y: valueOf(one) })).filter((one): one is { x: number; y: number } => one.y !== undefined);
  if (scored.length === 0) return <Empty title="No trial has a score yet" text={`A trial's score is the last ${MetricName} that its job prints.`} />;
  const best = bestSoFar(
    scored.map((one) => one.y),
    Type === "Minimize",
  );
  const lines = [
    { label: MetricName, points: scored },
    { label: "best so far", points: scored.map((one, index) => ({ x: one.x, y: best[index]! })) },
  ];
  return <Chart title={`${MetricName} by trial`} lines={lines} time={false} height={240} />;
}

function Trials({ trials, best }: { trials: Trial[]; best?: string }) {
  const names = [...new Set(trials.flatMap((one) => Object.keys(one.TunedHyperParameters)))];
  return (
    <Table
      contentDensity="compact"
      header={<Header variant="h2" counter={`(${trials.length})`}>Trials</Header>}
      items={[...trials].reverse()}
      trackBy="TrainingJobName"
      columnDefinitions={[
        { id: "name", header: "Training job", isRowHeader: true, cell: (one) => <Link to={`/jobs/${one.TrainingJobName}`}>{one.TrainingJobName === best ? `${one.TrainingJobName} (best)` : one.TrainingJobName}</Link> },
        { id: "status", header: "Status", cell: (one) => <Status word={one.TrainingJobStatus} /> },
        { id: "value", header: "Objective", cell: (one) => (valueOf(one) === undefined ? (one.FailureReason?.slice(0, 80) ?? "–") : number(valueOf(one))) },
        ...names.map((name) => ({ id: `p-${name}`, header: name, cell: (one: Trial) => one.TunedHyperParameters[name] ?? "–" })),
        { id: "took", header: "Took", cell: (one) => duration(one.TrainingStartTime ? (one.TrainingEndTime ?? Date.now() / 1000) - one.TrainingStartTime : undefined) },
      ]}
      empty={<Empty title="No trial has begun" text="The first training jobs start in a moment." />}
    />
  );
}

export function TuningJobPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { canWrite, deploy } = useStudio();
  const actionsOf = useTuningActions();
  const query = useQuery({
    queryKey: ["HyperParameterTuningJob", name],
    queryFn: async () => {
      const [job, trials] = await Promise.all([sagemaker<TuningJob>("DescribeHyperParameterTuningJob", { HyperParameterTuningJobName: name }), trialsOf(name)]);
      return { job, trials };
    },
    refetchInterval: (found) => (found.state.data && ended(found.state.data.job.HyperParameterTuningJobStatus) ? false : 3000),
  });
  const status = query.data?.job.HyperParameterTuningJobStatus ?? "";
  const limit = query.data?.job.HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs ?? 1;
  const done = query.data?.trials.filter((one) => ended(one.TrainingJobStatus)).length ?? 0;
  const live = !ended(status);
  const spent = useUsed(query.data?.job.HyperParameterTuningJobArn, live);
  useTitle(name, status && !ended(status) ? done / limit : undefined);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const { job, trials } = query.data;
  const best = job.BestTrainingJob;
  const objective = objectiveOf(job);
  const why = canWrite ? (best ? undefined : "No trial has a score yet.") : "Viewers can't deploy in this project.";
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actionsOf(name, status).filter((one) => one.id !== "open")} />
              <Button variant="primary" disabled={Boolean(why)} disabledReason={why} onClick={() => best && deploy({ job: best.TrainingJobName })}>
                Deploy the best…
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {job.FailureReason && (
          <Alert type="error" header="The tuning job failed">
            <pre className="reason">{job.FailureReason}</pre>
          </Alert>
        )}
        <Container header={<Header variant="h2">Summary</Header>}>
          <SpaceBetween size="m">
            {!ended(status) && <ProgressBar label="Trials" value={Math.round((100 * done) / limit)} additionalInfo={`${done} of ${limit}`} />}
            <KeyValuePairs
              columns={4}
              items={[
                { label: "Status", value: <Status word={status} /> },
                { label: "Objective", value: `${objective.Type} ${objective.MetricName}` },
                { label: "Strategy", value: job.HyperParameterTuningJobConfig.Strategy },
                { label: "Created", value: time(job.CreationTime) },
                { label: "Best", value: best ? <Link to={`/jobs/${best.TrainingJobName}`}>{number(valueOf(best))}</Link> : "–" },
                ...Object.entries(best?.TunedHyperParameters ?? {}).map(([label, value]) => ({ label: `Best ${label}`, value })),
                { label: "Used by its trials", value: used(spent, spent?.Currency, live) },
                { label: "ARN", value: <Copy text={job.HyperParameterTuningJobArn} /> },
              ]}
            />
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">Search</Header>}>
          <Curve job={job} trials={trials} />
        </Container>
        <Trials trials={trials} best={best?.TrainingJobName} />
        <Tags arn={job.HyperParameterTuningJobArn} />
      <Comments arn={job.HyperParameterTuningJobArn} />
      </SpaceBetween>
    </ContentLayout>
  );
}
