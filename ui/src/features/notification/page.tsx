// Everything one was told, of what one wants to be told, and the web addresses that are told too.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import Toggle from "@cloudscape-design/components/toggle";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { leadsTo, type Notification, NotificationLine, TYPES } from "../../shared/notification";
import { Empty, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Webhooks } from "./webhooks";

function All() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const query = useInfiniteQuery({
    queryKey: ["notifications", "all"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => studio<{ Notifications: Notification[]; UnreadCount: number; NextToken?: string }>("ListNotifications", { MaxResults: 50, NextToken: pageParam }),
    getNextPageParam: (page) => page.NextToken,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton rows={6} />;
  const told = query.data.pages.flatMap((page) => page.Notifications);
  const unread = query.data.pages[0]?.UnreadCount ?? 0;
  const read = (ids?: string[]) =>
    studio("MarkNotificationsRead", ids ? { NotificationIds: ids } : {}).then(() => client.invalidateQueries({ queryKey: ["notifications"] }));
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={unread ? `(${unread} unread)` : undefined}
          actions={
            <Button disabled={unread === 0} disabledReason="Everything is read." onClick={() => void read()}>
              Mark all as read
            </Button>
          }
        >
          What you were told
        </Header>
      }
    >
      {told.length === 0 && <Empty title="Nothing yet" text="Mentions, ended jobs, endpoints and approvals are told here, and by the bell at once." />}
      <ul className="told-list">
        {told.map((one) => (
          <li key={one.NotificationId}>
            <button
              type="button"
              className="told"
              onClick={() => {
                if (!one.Read) void read([one.NotificationId]);
                const to = leadsTo(one);
                if (to) void navigate({ to });
              }}
            >
              <NotificationLine one={one} />
            </button>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older
        </Button>
      )}
    </Container>
  );
}

function Wanted() {
  const { fail } = useStudio();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["notification-preferences"],
    queryFn: () => studio<{ Preferences: { Type: string; Enabled: boolean }[] }>("GetNotificationPreferences"),
    select: (answer) => answer.Preferences,
  });
  if (query.isError) return <Failure error={query.error} />;
  if (!query.data) return <Skeleton rows={6} />;
  const set = (type: string, on: boolean) =>
    studio("PutNotificationPreferences", { Preferences: [{ Type: type, Enabled: on }] })
      .then(() => client.invalidateQueries({ queryKey: ["notification-preferences"] }))
      .catch((error: unknown) => fail("This was not changed", error));
  return (
    <Container header={<Header variant="h2" description="In this project, by the bell and by your own webhooks.">Tell me when…</Header>}>
      <SpaceBetween size="s">
        {query.data.map((one) => (
          <Toggle key={one.Type} checked={one.Enabled} onChange={({ detail }) => void set(one.Type, detail.checked)}>
            {TYPES[one.Type] ?? one.Type}
          </Toggle>
        ))}
      </SpaceBetween>
    </Container>
  );
}

export function NotificationsPage() {
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  return (
    <ContentLayout header={<Header variant="h1">Notifications</Header>}>
      <Tabs
        activeTabId={tab ?? "all"}
        onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          { id: "all", label: "All", content: <All /> },
          { id: "wanted", label: "What you are told", content: <Wanted /> },
          { id: "webhooks", label: "Webhooks", content: <Webhooks /> },
        ]}
      />
    </ContentLayout>
  );
}
