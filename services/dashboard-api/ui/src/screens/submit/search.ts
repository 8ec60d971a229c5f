/** What the address says of a job to submit: what the form begins with. */

import { textsOf } from "~/search/addresses";

export interface SubmitSearch {
  type?: string;
  queue?: string;
  priority?: string;
  /** JSON. */
  payload?: string;
}

export function submitSearch(search: Record<string, unknown>): SubmitSearch {
  const found: SubmitSearch = {};
  for (const name of ["type", "queue", "priority"] as const) {
    const [text] = textsOf(search[name]);
    if (text !== undefined) found[name] = text;
  }
  const payload = search["payload"];
  if (payload !== undefined) found.payload = typeof payload === "string" ? payload : JSON.stringify(payload);
  return found;
}
