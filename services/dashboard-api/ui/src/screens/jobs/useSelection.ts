/** Which jobs are selected: some of those that are listed, or all that match. What leaves the list stays selected. */

import { useCallback, useMemo, useRef, useState } from "react";
import type { Selection } from "~/components/DataTable";

/** filter: what the list was narrowed by, as text. All that match are selected only as long as that stays. */
export function useSelection(ids: readonly string[], filter: string) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [wholeOf, setWholeOf] = useState<string | null>(null);
  const anchor = useRef<string | null>(null);
  const listed = useRef(ids);
  listed.current = ids;

  const toggle = useCallback((id: string, through: boolean) => {
    const from = through && anchor.current !== null ? listed.current.indexOf(anchor.current) : -1;
    const to = listed.current.indexOf(id);
    anchor.current = id;
    setWholeOf(null);
    setSelected((before) => {
      const after = new Set(before);
      if (from >= 0 && to >= 0) {
        for (const one of listed.current.slice(Math.min(from, to), Math.max(from, to) + 1)) after.add(one);
      } else if (!after.delete(id)) {
        after.add(id);
      }
      return after;
    });
  }, []);

  const clear = useCallback(() => {
    setWholeOf(null);
    setSelected(new Set());
  }, []);
  const selectWhole = useCallback(() => {
    setWholeOf(filter);
    setSelected(new Set(listed.current));
  }, [filter]);
  const whole = wholeOf === filter;
  const all = ids.length > 0 && ids.every((id) => selected.has(id));

  const selection: Selection = useMemo(
    () => ({
      has: (id) => whole || selected.has(id),
      toggle,
      toggleAll: () => {
        setWholeOf(null);
        setSelected(all || whole ? new Set() : new Set(listed.current));
      },
      all: all || whole,
      some: whole || selected.size > 0,
    }),
    [selected, toggle, all, whole],
  );
  return { selected, whole, all, selection, selectWhole, clear };
}
