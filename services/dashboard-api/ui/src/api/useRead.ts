/** How screens read: one hook for an answer, one for a list page by page. */

import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import type { ApiClient } from "./client";
import { useApi, useMoment } from "./context";
import { ProblemError } from "./http";
import type { Read } from "./reads";

/** The moment looked at: undefined is now, and then the answers change as events come. */
export type Moment = string | undefined;

/** The key under which an answer is kept: [topic, job id, path, parameters, moment]. */
export function keyOf<T>(read: Read<T>, moment: Moment) {
  return [read.topic, read.jobId ?? null, read.path, read.parameters ?? {}, moment ?? null] as const;
}

/** The past does not change; but there is much of it, so that of each moment is soon forgotten. */
const KEPT_OF_THE_PAST_MS = 15_000;

const staying = (moment: Moment) =>
  moment === undefined ? {} : { staleTime: Number.POSITIVE_INFINITY, gcTime: KEPT_OF_THE_PAST_MS };

export function readOptions<T>(api: ApiClient, read: Read<T>, moment: Moment) {
  return queryOptions({
    queryKey: keyOf(read, moment),
    queryFn: ({ signal }) => api.read<T>(read.path, { ...read.parameters, as_of: moment }, signal),
    retry: again,
    ...staying(moment),
  });
}

interface Paged {
  next_cursor: string | null;
}

export function pagesOptions<T extends Paged>(api: ApiClient, read: Read<T>, moment: Moment) {
  return infiniteQueryOptions({
    queryKey: keyOf(read, moment),
    queryFn: ({ signal, pageParam }) =>
      api.read<T>(read.path, { ...read.parameters, as_of: moment, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    retry: again,
    ...staying(moment),
    // Events do not make it old by themselves: it is its screen that knows what the reader looks at.
    meta: { paged: true },
  });
}

/**
 * Reads something, and again whenever events make it old. `keep`: show the former answer while parameters change.
 *
 * While another moment of the same is read, the answer of the one before stays: nothing flickers as time is travelled.
 */
export function useRead<T>(read: Read<T>, options: { enabled?: boolean; keep?: boolean } = {}) {
  const api = useApi();
  const moment = useMoment();
  const base = readOptions(api, read, moment);
  return useQuery({
    ...base,
    enabled: options.enabled ?? true,
    placeholderData: (former, query) =>
      options.keep || sameButMoment(query?.queryKey, base.queryKey) ? former : undefined,
  });
}

function sameButMoment(one: readonly unknown[] | undefined, other: readonly unknown[]): boolean {
  return one !== undefined && JSON.stringify(one.slice(0, -1)) === JSON.stringify(other.slice(0, -1));
}

/** Reads a list page by page. */
export function useReadPages<T extends Paged>(read: Read<T>) {
  return useInfiniteQuery(pagesOptions(useApi(), read, useMoment()));
}

function again(count: number, error: Error): boolean {
  return count < 2 && error instanceof ProblemError && error.passing;
}
