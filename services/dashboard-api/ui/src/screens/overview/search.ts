/** What the address says of the overview: how far its charts look back, whether all that is notable is shown. */

export const WINDOWS = ["5m", "15m", "1h", "6h"] as const;
export type Window = (typeof WINDOWS)[number];

export interface OverviewSearch {
  window?: Window;
  notable?: "all";
}

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  const window = WINDOWS.find((one) => one === search["window"]);
  return { ...(window && { window }), ...(search["notable"] === "all" && { notable: "all" as const }) };
}
