/** What the address says of a type's screen: how far back it looks. */

export const WINDOWS = ["15m", "1h", "6h"] as const;
export type Window = (typeof WINDOWS)[number];

export interface TypeSearch {
  window?: Window;
}

export function typeSearch(search: Record<string, unknown>): TypeSearch {
  const window = WINDOWS.find((one) => one === search["window"]);
  return window ? { window } : {};
}
