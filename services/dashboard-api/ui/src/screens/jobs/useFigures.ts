import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useMoment } from "~/api/context";
import { stats } from "~/api/reads";
import { keyOf, useRead } from "~/api/useRead";
import { type Counted, type Figures, figuresOf, onlyStatuses } from "./figures";

/**
 * The numbers of the screen. Those of statuses are read anew whenever the list is.
 *
 * list: what the list counted. listedAt: when it was read, in milliseconds since 1970.
 */
export function useFigures(q: string, list: Counted, listedAt: number): Figures {
  const queries = useQueryClient();
  const now = useMoment() === undefined;
  const { data, dataUpdatedAt } = useRead(stats());
  const old = now && dataUpdatedAt > 0 && dataUpdatedAt < listedAt && onlyStatuses(q);
  useEffect(() => {
    if (old)
      void queries.invalidateQueries({ queryKey: keyOf(stats(), undefined) }, { cancelRefetch: false });
  }, [queries, old]);
  return figuresOf(q, list, data?.jobs);
}
