/** How far back a screen looks: its address says so. */

export const WINDOWS = ["15m", "1h", "6h"] as const;
export type Window = (typeof WINDOWS)[number];

/** Returns which of its windows a screen is asked for; nothing where it is none of them. */
export function windowIn<W extends string>(
  windows: readonly W[],
  search: Record<string, unknown>,
): { window?: W } {
  const window = windows.find((one) => one === search["window"]);
  return window === undefined ? {} : { window };
}
