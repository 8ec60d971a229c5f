/** What the address says of the list of jobs: what is searched, the order, and the bulk change that is looked at. */

const SORTS = ["submitted_at", "-submitted_at", "priority", "-priority", "duration", "-duration"] as const;
export type JobSort = (typeof SORTS)[number];

export interface JobsSearch {
  q?: string;
  sort?: JobSort;
  /** The id of a bulk, or `recent`. */
  bulk?: string;
}

export function jobsSearch(search: Record<string, unknown>): JobsSearch {
  const found: JobsSearch = {};
  if (search["q"] !== undefined && search["q"] !== "") found.q = String(search["q"]);
  const sort = SORTS.find((one) => one === search["sort"]);
  if (sort !== undefined && sort !== "-submitted_at") found.sort = sort;
  if (typeof search["bulk"] === "string" && search["bulk"] !== "") found.bulk = search["bulk"];
  return found;
}
