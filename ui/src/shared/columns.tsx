// The columns that every list of resources has: the name, which leads to the thing's page, and when it was made.
import type { TableProps } from "@cloudscape-design/components/table";

import { time } from "./format";
import { Link } from "./parts";

/** `page`: under which address each has its page. The row is known by the name, for its menu and its keys. */
export const nameColumn = <T,>(header: string, page: string, nameOf: (item: T) => string): TableProps.ColumnDefinition<T> => ({
  id: "name",
  header,
  sortingField: "Name",
  isRowHeader: true,
  cell: (item) => (
    <span data-row={nameOf(item)}>
      <Link to={`${page}/${nameOf(item)}`}>{nameOf(item)}</Link>
    </span>
  ),
});

export const createdColumn = <T extends { CreationTime: number }>(): TableProps.ColumnDefinition<T> => ({
  id: "created",
  header: "Created",
  sortingField: "CreationTime",
  cell: (item) => time(item.CreationTime),
});
