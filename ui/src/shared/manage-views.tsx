// The views of a list, one a line: whose each is, whether the project sees it, and the end of it.
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import Table from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";

import { Empty } from "./parts";
import { isOf, type SavedView, useSavedViews } from "./saved-views";

const says = (view: SavedView) =>
  [
    view.NameContains && `name with “${view.NameContains}”`,
    view.StatusEquals,
    view.SortBy && `by ${view.SortBy}${view.SortOrder === "Ascending" ? "" : ", last first"}`,
  ]
    .filter(Boolean)
    .join(", ") || "All";

export function ManageViews({ list, close }: { list: string; close: () => void }) {
  const { views, user, mayChange, share, drop } = useSavedViews(list);
  const why = (view: SavedView) => (mayChange(view) ? undefined : `Only ${view.User} and the project's admins change this view.`);
  return (
    <Modal visible onDismiss={close} closeAriaLabel="Close" header="Views of this list" size="large">
      <Table
        variant="embedded"
        contentDensity="compact"
        trackBy={(one) => `${one.User}/${one.ViewName}`}
        items={views}
        ariaLabels={{ tableLabel: "Views" }}
        columnDefinitions={[
          { id: "name", header: "Name", cell: (one) => one.ViewName, isRowHeader: true },
          { id: "shows", header: "Shows", cell: says },
          { id: "by", header: "By", cell: (one) => (isOf(one, user) ? "You" : one.User) },
          {
            id: "shared",
            header: "Shared with the project",
            cell: (one) => (
              <Toggle
                ariaLabel={`Share ${one.ViewName} with the project`}
                checked={one.Shared}
                disabled={!mayChange(one) || share.isPending}
                onChange={({ detail }) => share.mutate({ view: one, shared: detail.checked })}
              />
            ),
          },
          {
            id: "delete",
            header: "",
            cell: (one) => (
              <Button
                variant="inline-icon"
                iconName="remove"
                ariaLabel={`Delete the view ${one.ViewName}`}
                disabled={!mayChange(one)}
                disabledReason={why(one)}
                onClick={() => drop.mutate(one)}
              />
            ),
          },
        ]}
        empty={<Empty title="No saved views" text="Set the filter and the order of the list, then save it under Views." />}
      />
    </Modal>
  );
}
