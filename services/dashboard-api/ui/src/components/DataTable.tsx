/**
 * The table of every list: virtual rows, so that a hundred thousand of them are as fast as ten; sorting, selection, keyboard.
 *
 * It scrolls within its own box, which takes the height it is given (`fill`) or the height of its rows, up to `maxHeight`.
 */

import type { RowData } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";
import style from "./DataTable.module.css";
import { DataTableHead } from "./DataTableHead";
import { DataTableRow } from "./DataTableRow";
import { type Column, type Sort, useTableModel } from "./table-model";
import { useRowKeys } from "./useRowKeys";

export interface Selection {
  has: (id: string) => boolean;
  toggle: (id: string, through: boolean) => void;
  /** All of the rows that are there, or none. */
  toggleAll: () => void;
  all: boolean;
  some: boolean;
}

export interface DataTableProps<T> {
  /** What is listed, for people who cannot see it. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  idOf: (row: T) => string;
  open?: (row: T) => void;
  /** The id of the row that is looked at elsewhere on the screen. */
  current?: string | undefined;
  /** Given where the server sorts; without, a column's `value` sorts here. */
  sort?: Sort | null;
  onSort?: (sort: Sort | null) => void;
  initialSort?: Sort;
  selection?: Selection;
  /** How many rows there are, those too that are not there yet. */
  total?: number;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  /** What stands below the rows: more is coming, or failed to. */
  foot?: ReactNode;
  fill?: boolean;
  maxHeight?: number;
  rowHeight?: number;
  /** Told whether the first row is in sight. */
  onTop?: (atTop: boolean) => void;
  /** Told whether somebody points at a row, or goes from row to row: then none should move. */
  onHold?: (held: boolean) => void;
  dimmed?: boolean;
}

export const ROW_PX = 36;
const HEAD_PX = 34;
/** So many rows before the last one comes into sight, more are asked for; earlier once somebody scrolls. */
const AHEAD = 30;
const AHEAD_SCROLLED = 150;

export function DataTable<T extends RowData>(props: DataTableProps<T>) {
  const { rows: given, idOf, fill = false, rowHeight = ROW_PX, onEnd, onTop, onHold } = props;
  const box = useRef<HTMLElement>(null);
  const model = useTableModel(props);
  const rows = model.rows;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 14,
    // A row is not in sight while it is below the box because of the titles above.
    scrollPaddingEnd: HEAD_PX,
    getItemKey: (index) => (rows[index] === undefined ? index : idOf(rows[index])),
  });
  const shown = virtual.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? -1;
  const active = useRowKeys({
    rows,
    idOf,
    open: props.open,
    toggle: props.selection?.toggle,
    reveal: virtual.scrollToIndex,
  });

  const [pointed, setPointed] = useState(false);
  const held = pointed || active !== null;
  useEffect(() => {
    onHold?.(held);
    return () => onHold?.(false);
  }, [held, onHold]);

  const ahead = first > 0 ? AHEAD_SCROLLED : AHEAD;
  useEffect(() => {
    if (last >= 0 && last + ahead >= given.length) onEnd?.();
  }, [last, ahead, given.length, onEnd]);

  const above = shown[0]?.start ?? 0;
  const below = Math.max(0, virtual.getTotalSize() - (shown.at(-1)?.end ?? 0));
  return (
    <section
      ref={box}
      className={style.box}
      data-fill={fill || undefined}
      data-dimmed={props.dimmed || undefined}
      style={fill ? undefined : { maxHeight: props.maxHeight ?? 560 }}
      onScroll={onTop && ((event) => onTop(event.currentTarget.scrollTop < rowHeight))}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={props.label}
    >
      <table className={style.table} aria-rowcount={(props.total ?? rows.length) + 1}>
        <DataTableHead model={model} selection={props.selection} />
        <tbody
          onPointerEnter={({ pointerType }) => setPointed(pointerType !== "touch")}
          onPointerLeave={() => setPointed(false)}
        >
          {above > 0 && <Gap height={above} />}
          {rows.slice(first, last + 1).map((row, at) => (
            <DataTableRow
              key={idOf(row)}
              row={row}
              id={idOf(row)}
              index={first + at}
              height={rowHeight}
              columns={model.columns}
              active={idOf(row) === (active ?? props.current)}
              selected={props.selection?.has(idOf(row)) ?? false}
              selection={props.selection}
              open={props.open}
            />
          ))}
          {below > 0 && <Gap height={below} />}
        </tbody>
      </table>
      {props.foot}
    </section>
  );
}

function Gap({ height }: { height: number }) {
  return (
    <tr className={style.gap} style={{ height }}>
      <td />
    </tr>
  );
}
