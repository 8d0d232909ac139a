import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { sagemaker, studio } from "../../api/client";
import { progressOf } from "../../api/events";
import type { EndpointSummary, JobSummary, Machine } from "../../api/types";
import { useStudio } from "../../shared/context";
import { bytes, number, time } from "../../shared/format";
import { Empty, Failure, JobStatus, Link, Status } from "../../shared/parts";
import { useAlarms } from "../alarm/query";

const useJobs = (status: string | undefined, size: number) =>
  useQuery({
    queryKey: ["list", "TrainingJob", "home", status],
    queryFn: () =>
      sagemaker<{ TrainingJobSummaries: JobSummary[] }>("ListTrainingJobs", { StatusEquals: status, MaxResults: size, SortBy: "CreationTime", SortOrder: "Descending" }),
    select: (answer) => answer.TrainingJobSummaries,
  });

const Jobs = ({ items }: { items: JobSummary[] }) => (
  <ul className="rows">
    {items.map((job) => (
      <li key={job.TrainingJobName}>
        <Link to={`/jobs/${job.TrainingJobName}`}>{job.TrainingJobName}</Link>
        <JobStatus status={job.TrainingJobStatus} secondary={job.SecondaryStatus} progress={progressOf("TrainingJob", job.TrainingJobName)} />
        <Box variant="small">{time(job.CreationTime)}</Box>
      </li>
    ))}
  </ul>
);

function MachinePanel() {
  const query = useQuery({ queryKey: ["machine"], queryFn: () => studio<Machine>("DescribeMachine"), refetchInterval: 5000 });
  if (query.isError) return <Failure error={query.error} />;
  const machine = query.data;
  if (!machine) return null;
  const share = (part: number, whole: number) => Math.round((100 * part) / (whole || 1));
  return (
    <SpaceBetween size="s">
      <ProgressBar label="Cores held by jobs" value={share(machine.Granted.Cores, machine.Total.Cores)} additionalInfo={`${number(machine.Granted.Cores)} of ${machine.Total.Cores}; load ${number(machine.Load)}`} />
      <ProgressBar label="Memory held by jobs" value={share(machine.Granted.Memory, machine.Total.Memory)} additionalInfo={`${bytes(machine.Granted.Memory)} of ${bytes(machine.Total.Memory)}`} />
      <ProgressBar label="Disk" value={share(machine.Disk.Total - machine.Disk.Free, machine.Disk.Total)} additionalInfo={`${bytes(machine.Disk.Free)} free`} />
      {machine.Waiting.map((one) => (
        <Box key={one.Name} color="text-body-secondary">
          {one.Name}: {one.Reason}
        </Box>
      ))}
    </SpaceBetween>
  );
}

export function HomePage() {
  const navigate = useNavigate();
  const { session, canWrite, can } = useStudio();
  const running = useJobs("InProgress", 8);
  const failed = useJobs("Failed", 5);
  const recent = useJobs(undefined, 8);
  const endpoints = useQuery({
    queryKey: ["list", "Endpoint", "home"],
    queryFn: () => sagemaker<{ Endpoints: EndpointSummary[] }>("ListEndpoints", { MaxResults: 8 }),
    select: (answer) => answer.Endpoints,
  });
  const alarms = useAlarms(can("cloudwatch:DescribeAlarms")).data?.filter((one) => one.StateValue === "ALARM") ?? [];
  const bucket = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={`Project ${session.project?.name ?? "–"}`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => void navigate({ to: "/connect" })}>Connect with boto3</Button>
              <Button onClick={() => void navigate({ to: `/data/${bucket}` })}>Upload data</Button>
              <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't create jobs in this project." onClick={() => void navigate({ to: "/jobs/create" })}>
                Create job
              </Button>
            </SpaceBetween>
          }
        >
          Home
        </Header>
      }
    >
      <ColumnLayout columns={2}>
        <Container header={<Header variant="h2" actions={<Link to="/running">All that runs</Link>}>Running now</Header>} fitHeight>
          {running.isError ? (
            <Failure error={running.error} />
          ) : running.data?.length ? (
            <Jobs items={running.data} />
          ) : (
            <Empty title="Nothing runs" text="Jobs that run appear here with their progress." />
          )}
        </Container>
        <Container header={<Header variant="h2">This machine</Header>} fitHeight>
          <MachinePanel />
        </Container>
        <Container header={<Header variant="h2">Endpoints</Header>} fitHeight>
          {endpoints.data?.length ? (
            <ul className="rows">
              {endpoints.data.map((one) => (
                <li key={one.EndpointName}>
                  <Link to={`/endpoints/${one.EndpointName}`}>{one.EndpointName}</Link>
                  <Status word={one.EndpointStatus} />
                </li>
              ))}
            </ul>
          ) : (
            <Empty title="No endpoints" text="Right-click a finished job and choose Deploy." />
          )}
        </Container>
        <Container header={<Header variant="h2">Needs you</Header>} fitHeight>
          {alarms.length > 0 && (
            <ul className="rows">
              {alarms.map((one) => (
                <li key={one.AlarmName}>
                  <Link to="/alarms">{one.AlarmName}</Link>
                  <StatusIndicator type="error">Alarm</StatusIndicator>
                </li>
              ))}
            </ul>
          )}
          {failed.data?.length ? <Jobs items={failed.data} /> : alarms.length === 0 && <Empty title="All is well" text="Jobs that failed and alarms that go off appear here." />}
        </Container>
        <Container header={<Header variant="h2">Recent jobs</Header>} fitHeight>
          {recent.data?.length ? (
            <Jobs items={recent.data} />
          ) : (
            <Empty title="No jobs yet" text="Create one, or run your boto3 or sagemaker SDK scripts against this studio." />
          )}
        </Container>
      </ColumnLayout>
    </ContentLayout>
  );
}
