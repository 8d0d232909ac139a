// Versions side by side: metrics, hyperparameters, metadata and sizes.
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";
import { useQueries } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { Chart } from "../../shared/chart";
import { number } from "../../shared/format";
import { Empty, Failure, Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { bestOf, factsOf, numbersOf, type Row, rows, trends } from "./compare";
import { fetchCompared } from "./query";

export function CompareVersionsPage() {
  const { group } = useParams({ strict: false }) as { group: string };
  const { versions: asked = "" } = useSearch({ strict: false }) as { versions?: string | number };
  const numbers = String(asked).split(",").filter((one) => /^\d+$/.test(one)).slice(0, 10);
  const [differences, setDifferences] = useState(true);
  const queries = useQueries({ queries: numbers.map((one) => ({ queryKey: ["ModelPackage", `${group}/${one}`, "compared"], queryFn: () => fetchCompared(group, one) })) });
  const failed = queries.find((one) => one.isError);
  if (!numbers.length) return <Empty title="Nothing to compare" text="Choose two or more versions in the list of the group's versions." action={<Link to={`/registry/${group}`}>{group}</Link>} />;
  if (failed) return <Failure error={failed.error} />;
  if (queries.some((one) => !one.data)) return <Skeleton rows={10} />;
  const found = queries.map((one) => one.data!);
  const metrics = rows(found.map(numbersOf));
  const differ = (row: Row) => !differences || new Set(row.values).size > 1;
  const facts = rows(found.map(factsOf)).filter(differ);
  const parameters = rows(found.map((one) => one.job?.HyperParameters ?? {})).filter(differ);
  const columns = (numeric: boolean) => [
    { id: "name", header: "Name", isRowHeader: true, cell: (row: Row) => row.name.replaceAll("_", " ") },
    ...numbers.map((one, index) => ({
      id: one,
      header: <Link to={`/registry/${group}/${one}`}>{`Version ${one}`}</Link>,
      cell: (row: Row) => {
        const value = row.values[index];
        if (!numeric || value === undefined) return value ?? "–";
        return bestOf(row.name, row.values) === index ? <b>{number(Number(value))} ★</b> : number(Number(value));
      },
    })),
  ];
  const drawn = trends(metrics, numbers.map(Number));
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={<Link to={`/registry/${group}`}>{`All versions of ${group}`}</Link>}
          actions={
            <Toggle checked={differences} onChange={({ detail }) => setDifferences(detail.checked)}>
              Differences only
            </Toggle>
          }
        >
          {`Compare ${numbers.length} versions of ${group}`}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Table contentDensity="compact" ariaLabels={{ tableLabel: "Metrics" }} header={<Header variant="h2">Metrics</Header>} items={metrics} columnDefinitions={columns(true)} empty="None of them has metrics." />
        {drawn.length > 0 && (
          <Container header={<Header variant="h2">From version to version</Header>}>
            <ColumnLayout columns={2}>
              {drawn.map((one) => (
                <Chart key={one.name} title={one.name.replaceAll("_", " ")} time={false} lines={[{ label: one.name.replaceAll("_", " "), points: one.points }]} />
              ))}
            </ColumnLayout>
          </Container>
        )}
        <Table contentDensity="compact" ariaLabels={{ tableLabel: "Facts and metadata" }} header={<Header variant="h2">Facts and metadata</Header>} items={facts} columnDefinitions={columns(false)} empty="They do not differ." />
        <Table
          contentDensity="compact"
          ariaLabels={{ tableLabel: "Hyperparameters" }}
          header={<Header variant="h2" description="Of the training jobs that made them">Hyperparameters</Header>}
          items={parameters}
          columnDefinitions={columns(false)}
          empty={found.some((one) => one.job) ? "They do not differ." : "No training job is known of them."}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
