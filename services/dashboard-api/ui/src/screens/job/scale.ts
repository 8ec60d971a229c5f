/** Where moments are on a line, and which lengths of time are written beneath it. Pure. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((s) => s * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * MINUTE),
  ...[1, 2, 3, 6, 12].map((h) => h * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200].map((d) => d * DAY),
];

export interface Scale {
  from: number;
  /** At least a millisecond. */
  span: number;
}

export function scaleOf(from: number, to: number): Scale {
  return { from, span: Math.max(1, to - from) };
}

/** Returns where a moment is, from 0 to 100. */
export function percent({ from, span }: Scale, at: number): number {
  return Math.min(100, Math.max(0, ((at - from) / span) * 100));
}

/** Returns round lengths of time since the beginning, at most so many, the first of them 0. */
export function ticks({ span }: Scale, most = 6): number[] {
  const step = STEPS.find((one) => span / one <= most) ?? Math.ceil(span / most);
  const count = Math.floor(span / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
