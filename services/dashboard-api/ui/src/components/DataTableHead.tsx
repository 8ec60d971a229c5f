import { Checkbox } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { Selection } from "./DataTable";
import style from "./DataTable.module.css";
import type { Column, TableModel } from "./table-model";

interface HeadProps<T> {
  model: TableModel<T>;
  selection: Selection | undefined;
}

/** The titles of a table's columns; those it can be sorted by are buttons. */
export function DataTableHead<T>({ model, selection }: HeadProps<T>) {
  return (
    <thead>
      <tr className={style.head}>
        {selection && (
          <th className={style.check} scope="col">
            <Checkbox
              size="xs"
              aria-label="Select all rows that are loaded"
              checked={selection.all}
              indeterminate={selection.some && !selection.all}
              onChange={selection.toggleAll}
            />
          </th>
        )}
        {model.columns.map((column) => (
          <th
            key={column.id}
            scope="col"
            style={column.width === undefined ? undefined : { width: column.width }}
            data-align={column.align}
            aria-sort={direction(model, column)}
          >
            {model.sortable(column) ? (
              <button type="button" className={style.sort} onClick={() => model.toggle(column)}>
                {column.title}
                <Arrow direction={direction(model, column)} />
              </button>
            ) : (
              column.title
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function direction<T>({ sort, sortable }: TableModel<T>, column: Column<T>) {
  if (!sortable(column)) return undefined;
  if (sort?.by !== (column.sortBy ?? column.id)) return "none";
  return sort.descending ? "descending" : "ascending";
}

function Arrow({ direction }: { direction: string | undefined }) {
  if (direction === "descending") return <IconArrowDown size={12} stroke={2.4} aria-hidden="true" />;
  if (direction === "ascending") return <IconArrowUp size={12} stroke={2.4} aria-hidden="true" />;
  return null;
}
