/** Which of the listed jobs are selected. What leaves the list stays selected until it is let go. */

import { useCallback, useMemo, useRef, useState } from "react";
import type { Selection } from "~/components/DataTable";

export function useSelection(ids: readonly string[]) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<string | null>(null);
  const listed = useRef(ids);
  listed.current = ids;

  const toggle = useCallback((id: string, through: boolean) => {
    const from = through && anchor.current !== null ? listed.current.indexOf(anchor.current) : -1;
    const to = listed.current.indexOf(id);
    anchor.current = id;
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

  const clear = useCallback(() => setSelected(new Set()), []);
  const all = ids.length > 0 && ids.every((id) => selected.has(id));

  const selection: Selection = useMemo(
    () => ({
      has: (id) => selected.has(id),
      toggle,
      toggleAll: () => setSelected(all ? new Set() : new Set(listed.current)),
      all,
      some: selected.size > 0,
    }),
    [selected, toggle, all],
  );
  return { selected, selection, clear };
}
