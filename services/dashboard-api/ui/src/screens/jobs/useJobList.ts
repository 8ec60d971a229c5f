/**
 * The list of jobs as it is scrolled through: page by page, and current.
 *
 * At the top it is read anew as jobs come and go. Further down, and while somebody points at a row, nothing may move under the
 * reader's eyes: rows that are there change in place, and how many jobs have come since is only counted; so it is too while a
 * search goes through the jobs, which would else begin again and again.
 */

import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useMoment } from "~/api/context";
import type { Parameters } from "~/api/http";
import { jobs } from "~/api/reads";
import type { JobPage } from "~/api/types";
import { keyOf, useReadPages } from "~/api/useRead";
import { useLiveBatches } from "~/live/context";
import type { LiveEvent } from "~/live/events";
import { touched } from "~/live/topics";
import { patched } from "./patches";

export const PAGE = 100;
const PAUSE_MS = 1_000;

type Pages = InfiniteData<JobPage, string | null>;

export function useJobList(filter: Parameters) {
  const queries = useQueryClient();
  const moment = useMoment();
  const read = useMemo(() => jobs({ ...filter, limit: PAGE }), [filter]);
  const key = useMemo(() => keyOf(read, moment), [read, moment]);
  const answer = useReadPages(read);
  const [atTop, setAtTop] = useState(true);
  const [held, setHeld] = useState(false);
  const [arrived, setArrived] = useState(0);
  const refreshing = useRef<ReturnType<typeof setTimeout>>(undefined);
  const searching = useRef(false);
  /** Whether it is being read anew because of events. */
  const underWay = useRef(false);
  /** Whether there is more to show than is shown. */
  const missed = useRef(false);

  const refresh = useCallback(() => {
    clearTimeout(refreshing.current);
    refreshing.current = undefined;
    missed.current = false;
    setArrived(0);
    queries.setQueryData<Pages>(key, (pages) => pages && firstOf(pages));
    underWay.current = true;
    return queries.invalidateQueries({ queryKey: key, exact: true }).finally(() => {
      underWay.current = false;
    });
  }, [queries, key]);

  const still = !atTop || held;
  const soon = useCallback(() => {
    refreshing.current ??= setTimeout(() => void refresh(), PAUSE_MS);
  }, [refresh]);

  useLiveBatches((batch) => {
    // What is patched stays as old as it was read.
    const updatedAt = queries.getQueryState(key)?.dataUpdatedAt ?? 0;
    queries.setQueryData<Pages>(key, (pages) => pages && withEvents(pages, batch.events), { updatedAt });
    if (!touched(batch).topics.has("jobs")) return;
    if (still || searching.current) {
      missed.current = true;
      setArrived((before) => before + (batch.counts.get("job.submitted") ?? 0));
    } else soon();
  });
  useEffect(() => {
    if (!still && missed.current) soon();
    if (!still || !(underWay.current || refreshing.current !== undefined)) return;
    if (underWay.current) void queries.cancelQueries({ queryKey: key, exact: true });
    clearTimeout(refreshing.current);
    refreshing.current = undefined;
    missed.current = true;
  }, [still, soon, queries, key]);
  useEffect(() => () => clearTimeout(refreshing.current), []);

  const rows = useMemo(() => answer.data?.pages.flatMap(({ items }) => items) ?? [], [answer.data]);
  const first = answer.data?.pages[0];
  const { hasNextPage, isFetching, isFetchNextPageError, isPlaceholderData, fetchNextPage } = answer;
  searching.current = hasNextPage && (first?.items.length ?? 0) < PAGE;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);

  // A page of a search may be short, or empty, though there is more.
  const wanting = hasNextPage && rows.length < PAGE && !isFetching && !isPlaceholderData;
  useEffect(() => {
    if (wanting) more();
  }, [wanting, more]);

  return {
    answer,
    rows,
    total: first?.total,
    exact: first?.total_is_exact ?? true,
    more,
    refresh,
    /** Jobs that were submitted, of any kind, since the list was read, while it stood still. */
    arrived,
    setAtTop,
    setHeld,
  };
}

function firstOf({ pages, pageParams }: Pages): Pages {
  return { pages: pages.slice(0, 1), pageParams: pageParams.slice(0, 1) };
}

function withEvents(data: Pages, events: readonly LiveEvent[]): Pages {
  const pages = data.pages.map((page) => {
    const items = patched(page.items, events);
    return items === page.items ? page : { ...page, items: [...items] };
  });
  return pages.every((page, at) => page === data.pages[at]) ? data : { ...data, pages };
}
