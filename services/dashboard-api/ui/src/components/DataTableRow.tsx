import { Checkbox } from "@mantine/core";
import { type KeyboardEvent, type MouseEvent, memo } from "react";
import type { Selection } from "./DataTable";
import style from "./DataTable.module.css";
import type { Column } from "./table-model";

interface RowProps<T> {
  row: T;
  id: string;
  index: number;
  height: number;
  columns: readonly Column<T>[];
  active: boolean;
  selected: boolean;
  selection: Selection | undefined;
  open: ((row: T) => void) | undefined;
}

/** A row. It is drawn again only when it changed, not when its neighbours do. */
export const DataTableRow = memo(Row, (before, after) => {
  return (
    before.row === after.row &&
    before.index === after.index &&
    before.columns === after.columns &&
    before.active === after.active &&
    before.selected === after.selected
  );
}) as typeof Row;

function Row<T>({ row, id, index, height, columns, active, selected, selection, open }: RowProps<T>) {
  const click = (event: MouseEvent | KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest("a, button, input, label") || getSelection()?.toString()) return;
    open?.(row);
  };
  return (
    <tr
      className={style.row}
      style={{ height }}
      data-open={open !== undefined || undefined}
      data-active={active || undefined}
      data-selected={selected || undefined}
      aria-rowindex={index + 2}
      aria-current={active || undefined}
      aria-selected={selection ? selected : undefined}
      onClick={click}
    >
      {selection && (
        <td className={style.check}>
          <Checkbox
            size="xs"
            aria-label={`Select ${id}`}
            checked={selected}
            onClick={(event) => selection.toggle(id, event.shiftKey)}
            onChange={() => undefined}
          />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} data-align={column.align}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}
