/** What the address says of a type's screen: how far back it looks. */

import { WINDOWS, type Window, windowIn } from "~/search/windows";

export interface TypeSearch {
  window?: Window;
}

export function typeSearch(search: Record<string, unknown>): TypeSearch {
  return windowIn(WINDOWS, search);
}
