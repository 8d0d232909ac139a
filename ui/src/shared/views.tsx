// A list's views (what is looked for, by which order, under a name) and how it is shown (columns, rows, details beside it).
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import Checkbox from "@cloudscape-design/components/checkbox";
import { lazy, Suspense, useState } from "react";

import { isOf, type SavedView, searchOf, useSavedViews, viewOf } from "./saved-views";
import type { ListSearch } from "./table";

const AskName = lazy(() => import("./ask-name").then((all) => ({ default: all.AskName })));

const ManageViews = lazy(() => import("./manage-views").then((all) => ({ default: all.ManageViews })));

interface ViewsProps {
  list: string;
  statuses: string[];
  now: ListSearch;
  show: (search: ListSearch) => void;
}

export function Views({ list, statuses, now, show }: ViewsProps) {
  const [open, setOpen] = useState<"naming" | "managing">();
  const [shared, setShared] = useState(false);
  const { views, user, save } = useSavedViews(list);
  const itemOf = (view: SavedView) => ({ id: `view:${views.indexOf(view)}`, text: view.ViewName, secondaryText: isOf(view, user) ? (view.Shared ? "Shared by you" : undefined) : `By ${view.User}` });
  const mine = views.filter((one) => isOf(one, user));
  const others = views.filter((one) => !isOf(one, user));
  const items: ButtonDropdownProps.ItemOrGroup[] = [
    { text: "Given", items: [{ id: "all", text: "All" }, ...statuses.slice(0, 4).map((one) => ({ id: `status:${one}`, text: one }))] },
    { text: "Yours", items: [...mine.map(itemOf), { id: "save", text: "Save this view…" }] },
    ...(others.length ? [{ text: "Shared in the project", items: others.map(itemOf) }] : []),
    ...(views.length ? [{ text: "All views", items: [{ id: "manage", text: "Share or delete views…" }] }] : []),
  ];
  const choose = (id: string) => {
    const [word, rest = ""] = id.split(":") as [string, string?];
    const view = views[Number(rest)];
    if (word === "all") show({});
    else if (word === "status") show({ status: rest });
    else if (word === "view" && view) show(searchOf(view));
    else if (word === "save") setOpen("naming");
    else if (word === "manage") setOpen("managing");
  };
  const close = () => setOpen(undefined);
  return (
    <>
      <ButtonDropdown items={items} onItemClick={({ detail }) => choose(detail.id)}>
        Views
      </ButtonDropdown>
      <Suspense fallback={null}>
        {open === "managing" && <ManageViews list={list} close={close} />}
        {open === "naming" && (
          <AskName
            title="Save this view"
            text="The filter and the order are kept, for you, in this project."
            verb="Save view"
            close={close}
            also={
              <Checkbox checked={shared} onChange={({ detail }) => setShared(detail.checked)} description="Every member sees it; only you and the project's admins change it.">
                Share with the project
              </Checkbox>
            }
            save={(name) => save({ ViewName: name, Shared: shared, ...viewOf(now) } as SavedView)}
          />
        )}
      </Suspense>
    </>
  );
}

export interface Shown {
  hidden: string[];
  rows: number;
  beside: boolean;
}
export const SHOWN: Shown = { hidden: [], rows: 30, beside: false };

interface DisplayProps {
  columns: { id: string; header: string; fixed: boolean }[];
  shown: Shown;
  set: (shown: Shown) => void;
  canPreview: boolean;
}

export function Display({ columns, shown, set, canPreview }: DisplayProps) {
  const items: ButtonDropdownProps.Items = [
    {
      text: "Columns",
      items: columns
        .filter((one) => !one.fixed)
        .map((one) => ({ itemType: "checkbox" as const, id: `column:${one.id}`, text: one.header, checked: !shown.hidden.includes(one.id) })),
    },
    {
      text: "Rows a page",
      items: [15, 30, 60].map((rows) => ({ itemType: "checkbox" as const, id: `rows:${rows}`, text: String(rows), checked: shown.rows === rows })),
    },
    ...(canPreview ? [{ itemType: "checkbox" as const, id: "beside:", text: "Details beside the list", checked: shown.beside }] : []),
  ];
  const choose = (id: string) => {
    const [word, rest] = id.split(":") as [string, string];
    if (word === "rows") set({ ...shown, rows: Number(rest) });
    else if (word === "beside") set({ ...shown, beside: !shown.beside });
    else set({ ...shown, hidden: shown.hidden.includes(rest) ? shown.hidden.filter((one) => one !== rest) : [...shown.hidden, rest] });
  };
  return <ButtonDropdown variant="icon" items={items} ariaLabel="Columns and rows" onItemClick={({ detail }) => choose(detail.id)} />;
}

export const Beside = ({ title, close, children }: { title: string; close: () => void; children: React.ReactNode }) => (
  <aside className="beside" aria-label={`Details of ${title}`}>
    <div className="beside-head">
      <Box variant="h3" tagOverride="h2">
        {title}
      </Box>
      <Button variant="icon" iconName="close" ariaLabel="Close the details" onClick={close} />
    </div>
    <Suspense fallback={null}>{children}</Suspense>
  </aside>
);
