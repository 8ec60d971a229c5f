/** What the address says of the dead letters: of which type and queue, and the group that is looked at. */

import { textsOf } from "~/search/addresses";

export interface DeadLettersSearch {
  type?: string;
  queue?: string;
  /** The fingerprint of its errors. */
  group?: string;
}

export function deadLettersSearch(search: Record<string, unknown>): DeadLettersSearch {
  const found: DeadLettersSearch = {};
  for (const name of ["type", "queue", "group"] as const) {
    const [text] = textsOf(search[name]);
    if (text !== undefined) found[name] = text;
  }
  return found;
}
