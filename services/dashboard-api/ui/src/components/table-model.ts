/** What a table shows and in what order: columns as screens write them, sorted by TanStack Table. */

import { useMediaQuery } from "@mantine/hooks";
import {
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useMemo, useState } from "react";

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T) => ReactNode;
  /** As in CSS; without, the column shares what is left with the others of its kind. */
  width?: number;
  align?: "end";
  /** Left out where the window is narrower than so many pixels. */
  from?: number;
  /** What it is sorted by here. Null comes last. */
  value?: (row: T) => string | number | null;
  /** What the server calls it, where the server sorts. */
  sortBy?: string;
}

export interface Sort {
  by: string;
  descending: boolean;
}

interface Sorted<T> {
  columns: readonly Column<T>[];
  rows: readonly T[];
  idOf: (row: T) => string;
  sort?: Sort | null;
  onSort?: (sort: Sort | null) => void;
  initialSort?: Sort;
}

export interface TableModel<T> {
  columns: readonly Column<T>[];
  rows: readonly T[];
  sort: Sort | null;
  sortable: (column: Column<T>) => boolean;
  toggle: (column: Column<T>) => void;
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});

const WIDTHS = [480, 640, 800, 960, 1120, 1280, 1440];

/** Returns the columns for which there is room and the rows in their order. */
export function useTableModel<T extends RowData>({
  columns,
  rows,
  idOf,
  sort,
  onSort,
  initialSort,
}: Sorted<T>): TableModel<T> {
  const [own, setOwn] = useState<Sort | null>(initialSort ?? null);
  const byServer = onSort !== undefined;
  const current = byServer ? (sort ?? null) : own;
  const room = useRoom();
  const fitting = useMemo(() => columns.filter(({ from }) => (from ?? 0) <= room), [columns, room]);
  const defined = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row: T) => column.value?.(row) ?? undefined,
        enableSorting: column.value !== undefined,
        sortFn: "basic" as const,
        sortUndefined: "last" as const,
      })),
    [columns],
  );
  const table = useTable({
    features,
    columns: defined,
    data: rows as T[],
    getRowId: idOf,
    manualSorting: byServer,
    state: { sorting: current && !byServer ? [{ id: current.by, desc: current.descending }] : [] },
  });
  const ordered = byServer || !current ? rows : table.getRowModel().rows.map((row) => row.original);
  return {
    columns: fitting,
    rows: ordered,
    sort: current,
    sortable: (column) => (byServer ? column.sortBy !== undefined : column.value !== undefined),
    toggle: (column) => (onSort ?? setOwn)(next(current, byServer ? (column.sortBy ?? "") : column.id)),
  };
}

/** Descending first, then ascending, then as it was. */
function next(sort: Sort | null, by: string): Sort | null {
  if (sort?.by !== by) return { by, descending: true };
  return sort.descending ? { by, descending: false } : null;
}

function useRoom(): number {
  const wide = [
    useMediaQuery("(min-width: 480px)"),
    useMediaQuery("(min-width: 640px)"),
    useMediaQuery("(min-width: 800px)"),
    useMediaQuery("(min-width: 960px)"),
    useMediaQuery("(min-width: 1120px)"),
    useMediaQuery("(min-width: 1280px)"),
    useMediaQuery("(min-width: 1440px)"),
  ].lastIndexOf(true);
  return WIDTHS[wide] ?? 0;
}
