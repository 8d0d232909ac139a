// Usage and cost: what was used and by whom, what is allowed, and what it costs. The address holds what is looked at.
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { useStudio } from "../../shared/context";
import { Budgets } from "./budgets";
import { Overview } from "./overview";
import { Prices } from "./prices";
import { Quotas } from "./quotas";

export function UsagePage() {
  const { session } = useStudio();
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={`Every second of every instance of ${session.project?.name ?? "the project"}: jobs, endpoints and spaces. Days are those of UTC.`}>
          Usage and cost
        </Header>
      }
    >
      <Tabs
        activeTabId={tab ?? "usage"}
        onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          { id: "usage", label: "Usage", content: <Overview /> },
          { id: "budgets", label: "Budgets", content: <Budgets /> },
          { id: "quotas", label: "Quotas", content: <Quotas /> },
          { id: "prices", label: "Prices", content: <Prices /> },
        ]}
      />
    </ContentLayout>
  );
}
