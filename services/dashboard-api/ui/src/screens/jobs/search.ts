/** What the address says of the list of jobs: what is searched, and the order. */

const SORTS = ["submitted_at", "-submitted_at", "priority", "-priority", "duration", "-duration"] as const;
export type JobSort = (typeof SORTS)[number];

export interface JobsSearch {
  q?: string;
  sort?: JobSort;
}

export function jobsSearch(search: Record<string, unknown>): JobsSearch {
  const found: JobsSearch = {};
  if (search["q"] !== undefined && search["q"] !== "") found.q = String(search["q"]);
  const sort = SORTS.find((one) => one === search["sort"]);
  if (sort !== undefined && sort !== "-submitted_at") found.sort = sort;
  return found;
}
