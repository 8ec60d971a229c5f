/** What the address says of the overview: how far its charts look back, whether all that is notable is shown. */

import { WINDOWS, windowIn } from "~/search/windows";

export const OVERVIEW_WINDOWS = ["5m", ...WINDOWS] as const;

export interface OverviewSearch {
  window?: (typeof OVERVIEW_WINDOWS)[number];
  notable?: "all";
}

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  return {
    ...windowIn(OVERVIEW_WINDOWS, search),
    ...(search["notable"] === "all" && { notable: "all" as const }),
  };
}
