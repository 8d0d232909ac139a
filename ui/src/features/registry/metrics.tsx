// What a version's reports say: numbers, curves and confusion matrices; what is none of these, as it is written.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";

import { Chart } from "../../shared/chart";
import { describe } from "../../shared/context";
import { number } from "../../shared/format";
import { Code, Empty, Failure, S3Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { type Read, useReports } from "./query";
import type { Grid, Report } from "./report";
import type { Version } from "./types";

const spoken = (name: string) => name.replaceAll("_", " ");
/** Of shares and probabilities, which most scores are, the part of the whole is drawn. */
const isShare = (value: number) => value >= 0 && value <= 1;

function Matrix({ grid }: { grid: Grid }) {
  const most = Math.max(1, ...grid.rows.flatMap((row) => row.values));
  return (
    <figure className="chart">
      <figcaption>{spoken(grid.title)}</figcaption>
      <table className="matrix">
        <thead>
          <tr>
            <td />
            {grid.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {grid.rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.values.map((value, index) => (
                <td key={grid.head[index]} style={{ "--part": `${Math.round((55 * value) / most)}%` } as React.CSSProperties}>
                  {number(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function Body({ report }: { report: Report }) {
  const numbers = Object.entries(report.numbers).map(([name, value]) => ({ name, value }));
  const drawn = [...report.grids.map((grid) => <Matrix key={grid.title} grid={grid} />), ...report.curves.map((curve) => <Chart key={curve.title} title={`${spoken(curve.title)}: ${spoken(curve.y)} by ${spoken(curve.x)}`} time={false} lines={[{ label: spoken(curve.y), points: curve.points }]} />)];
  return (
    <SpaceBetween size="m">
      {numbers.length > 0 && (
        <Table
          variant="embedded"
          contentDensity="compact"
          items={numbers}
          columnDefinitions={[
            { id: "name", header: "Metric", isRowHeader: true, cell: (one) => spoken(one.name) },
            { id: "value", header: "Value", cell: (one) => number(one.value) },
            { id: "part", header: "Of 1", cell: (one) => (isShare(one.value) ? <span className="share" style={{ "--part": `${one.value * 100}%` } as React.CSSProperties} /> : null) },
          ]}
        />
      )}
      {drawn.length > 0 && <ColumnLayout columns={2}>{drawn}</ColumnLayout>}
    </SpaceBetween>
  );
}

function One({ read }: { read: Read }) {
  const { report } = read;
  const said = report && (Object.keys(report.numbers).length || report.curves.length || report.grids.length);
  return (
    <Container header={<Header variant="h2" description={<S3Link uri={read.uri} />}>{read.title}</Header>}>
      {read.error !== undefined && <Alert type="warning">{`The report can't be read: ${describe(read.error)}`}</Alert>}
      {said ? <Body report={report} /> : null}
      {read.text !== undefined && (
        <ExpandableSection headerText="As it is written" defaultExpanded={!said}>
          <Code text={read.text.slice(0, 20_000)} />
        </ExpandableSection>
      )}
    </Container>
  );
}

export function VersionMetrics({ version }: { version: Version }) {
  const query = useReports(version);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={6} />;
  if (!query.data.length)
    return (
      <Empty
        title="No metrics"
        text="The version was registered without ModelMetrics. Name a JSON file in the bucket when you register the next:"
        more={
          <Box textAlign="left">
            <Code text={'ModelMetrics={"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://…/evaluation.json"}}}'} />
          </Box>
        }
      />
    );
  return (
    <SpaceBetween size="l">
      {query.data.map((one) => (
        <One key={`${one.title} ${one.uri}`} read={one} />
      ))}
    </SpaceBetween>
  );
}
