/** `j` and `k` go from row to row, `Enter` opens, `x` selects. */

import { useState } from "react";
import { useKeys } from "./keys";

interface RowKeys<T> {
  rows: readonly T[];
  idOf: (row: T) => string;
  open: ((row: T) => void) | undefined;
  toggle: ((id: string, through: boolean) => void) | undefined;
  reveal: (index: number) => void;
}

/** Returns the id of the row that is active. */
export function useRowKeys<T>({ rows, idOf, open, toggle, reveal }: RowKeys<T>): string | null {
  const [active, setActive] = useState<string | null>(null);
  const at = active === null ? -1 : rows.findIndex((row) => idOf(row) === active);
  const current = rows[at];

  const move = (by: number) => {
    const index = Math.min(rows.length - 1, Math.max(0, at + by));
    const row = rows[index];
    if (row === undefined) return;
    setActive(idOf(row));
    reveal(index);
  };

  useKeys(
    open || toggle
      ? {
          j: () => move(1),
          k: () => move(at < 0 ? 1 : -1),
          Enter: () => current && open?.(current),
          x: () => current && toggle?.(idOf(current), false),
          Escape: () => setActive(null),
        }
      : {},
  );
  return active;
}
