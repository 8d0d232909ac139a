import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";

import { Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { AlarmTable } from "./panel";
import { useAlarms } from "./query";

export function AlarmsPage() {
  const query = useAlarms(true);
  return (
    <ContentLayout
      header={
        <Header variant="h1" counter={query.data ? `(${query.data.length})` : undefined} description="What watches a metric, and whether it has gone off. An endpoint's Alarms tab makes one.">
          Alarms
        </Header>
      }
    >
      {query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton /> : <AlarmTable alarms={query.data} />}
    </ContentLayout>
  );
}
