/** Bulks as they go on. No event tells of them, so they are asked for while one is under way; else nothing is asked. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi } from "~/api/context";
import { bulkOf, bulks } from "~/api/reads";
import type { Bulk } from "~/api/types";
import { readOptions } from "~/api/useRead";
import { isOver, type Progress, progressOf, refusedOf, type Sample, sampled } from "./pace";

/** In the address in place of an id: the list of them. */
export const RECENT = "recent";

const ASK_MS = 700;
const ASK_LIST_MS = 2_000;

/** A bulk, and how fast it goes. When it ends before one's eyes, everything else is read anew, as far as it came. */
export function useBulk(id: string) {
  const api = useApi();
  const queries = useQueryClient();
  const answer = useQuery({
    ...readOptions(api, bulkOf(id), undefined),
    refetchInterval: ({ state: { data } }) => (data && !isOver(data) ? ASK_MS : false),
  });
  const { data, dataUpdatedAt } = answer;
  const [progress, setProgress] = useState<Progress | null>(null);
  const samples = useRef<Sample[]>([]);
  const watched = useRef(false);
  const begun = data !== undefined && !isOver(data);
  useEffect(() => {
    if (begun) void queries.invalidateQueries({ queryKey: readOptions(api, bulks(), undefined).queryKey });
  }, [api, queries, begun]);
  useEffect(() => {
    if (data === undefined) return;
    samples.current = sampled(samples.current, { at: dataUpdatedAt, through: data.done + refusedOf(data) });
    setProgress(progressOf(data, samples.current));
    if (!isOver(data)) {
      watched.current = true;
    } else if (watched.current) {
      watched.current = false;
      api.written.remember(data.offset);
      void queries.invalidateQueries();
    }
  }, [api, queries, data, dataUpdatedAt]);
  return { answer, progress };
}

/** The latest bulks. */
export function useBulks(enabled = true) {
  const api = useApi();
  return useQuery({
    ...readOptions(api, bulks(), undefined),
    enabled,
    refetchOnMount: "always",
    refetchInterval: ({ state: { data } }) => (data?.items.some(underWay) ? ASK_LIST_MS : false),
  });
}

export function underWay(bulk: Bulk): boolean {
  return !isOver(bulk);
}
