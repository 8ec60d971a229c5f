/** Reading anew what is shown. */

import type { InvalidateQueryFilters, QueryClient } from "@tanstack/react-query";

/**
 * Reads what the filter names anew; done when the answers are there.
 *
 * A reading under way is broken off for the new one, unless it is the first of its kind: that one is let come, and what it
 * brings may be as old as when it was asked for. So it is read once more.
 */
export async function readAnew(queries: QueryClient, filter: InvalidateQueryFilters = {}): Promise<void> {
  const first = queries
    .getQueryCache()
    .findAll(filter)
    .filter(({ state }) => state.data === undefined && state.fetchStatus !== "idle");
  await queries.invalidateQueries(filter);
  await Promise.all(first.map(({ queryKey }) => queries.invalidateQueries({ queryKey, exact: true })));
}
