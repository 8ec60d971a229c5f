/** Which part of the log the scrubber shows, and what lies where on it. Pure. */

export interface Range {
  from: number;
  to: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How much of the log can be shown; `all` of it, too. */
const LENGTHS: readonly (readonly [string, number])[] = [
  ["5 m", 5 * MINUTE],
  ["15 m", 15 * MINUTE],
  ["1 h", HOUR],
  ["6 h", 6 * HOUR],
  ["24 h", 24 * HOUR],
  ["7 d", 168 * HOUR],
];
export const ALL = "all";
/** Where a log is longer than this, a part of it is shown first: in a day, a pixel is more than a minute. */
const WHOLE_MOST = 2 * HOUR;
/** The parts of a range in which it moves on, so that it does not move all the time. */
const STEPS = 30;
const SHORTEST = 10_000;

/** The lengths that make sense for a log: those shorter than it, and all of it. */
export function lengthsFor({ from, to }: Range): string[] {
  return [...LENGTHS.filter(([, length]) => length < to - from).map(([name]) => name), ALL];
}

export function usualLength({ from, to }: Range): string {
  return to - from > WHOLE_MOST ? "1 h" : ALL;
}

/**
 * The range to show: so much of the log, with the moment in it.
 *
 * `before` stays as it is while the moment is within; else the moment is put into the middle, or the end of the log to the right.
 */
export function rangeAround(length: string, log: Range, at: number, before: Range | null): Range {
  const width = LENGTHS.find(([name]) => name === length)?.[1];
  if (width === undefined) return { from: log.from, to: Math.max(log.to, log.from + SHORTEST) };
  if (before !== null && before.to - before.from === width && at >= before.from && at <= before.to)
    return before;
  const step = width / STEPS;
  const to = Math.ceil(Math.min(log.to, at + width / 2) / step) * step;
  return { from: to - width, to };
}

/** Where a time is in a range: 0 is its beginning, 1 its end. */
export function placeIn({ from, to }: Range, ms: number): number {
  return Math.min(1, Math.max(0, (ms - from) / (to - from)));
}

/** The time at a place of a range, within the log. */
export function timeAt({ from, to }: Range, place: number, log: Range): number {
  return Math.min(log.to, Math.max(log.from, Math.round(from + place * (to - from))));
}
