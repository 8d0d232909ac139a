// A list's views (what is looked for, by which order, under a name) and how it is shown (columns, rows, details beside it).
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import { lazy, Suspense, useState } from "react";

import type { ListSearch } from "./table";

const AskName = lazy(() => import("./ask-name").then((all) => ({ default: all.AskName })));

export type SavedViews = Record<string, ListSearch>;

interface ViewsProps {
  statuses: string[];
  saved: SavedViews;
  now: ListSearch;
  show: (search: ListSearch) => void;
  save: (views: SavedViews) => void;
}

export function Views({ statuses, saved, now, show, save }: ViewsProps) {
  const [naming, setNaming] = useState(false);
  const names = Object.keys(saved);
  const items: ButtonDropdownProps.ItemOrGroup[] = [
    { text: "Given", items: [{ id: "all", text: "All" }, ...statuses.slice(0, 4).map((one) => ({ id: `status:${one}`, text: one }))] },
    { text: "Yours", items: [{ id: "save", text: "Save this view…" }, ...names.map((one) => ({ id: `view:${one}`, text: one }))] },
    ...(names.length ? [{ text: "Forget a view", items: names.map((one) => ({ id: `drop:${one}`, text: `Forget ${one}` })) }] : []),
  ];
  const choose = (id: string) => {
    const cut = id.indexOf(":");
    const word = cut < 0 ? id : id.slice(0, cut);
    const rest = id.slice(cut + 1);
    if (word === "all") show({});
    else if (word === "status") show({ status: rest });
    else if (word === "view") show(saved[rest] ?? {});
    else if (word === "save") setNaming(true);
    else save(Object.fromEntries(Object.entries(saved).filter(([name]) => name !== rest)));
  };
  return (
    <>
      <ButtonDropdown items={items} onItemClick={({ detail }) => choose(detail.id)}>
        Views
      </ButtonDropdown>
      {naming && (
        <Suspense fallback={null}>
          <AskName
            title="Save this view"
            text="The filter and the order are kept, for you, on this browser."
            verb="Save view"
            close={() => setNaming(false)}
            save={(name) => {
              save({ ...saved, [name]: { ...now, page: undefined } });
              setNaming(false);
            }}
          />
        </Suspense>
      )}
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
