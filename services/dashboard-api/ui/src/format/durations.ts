/** Lengths of time, from microseconds to days, in at most two units. */

import { NOTHING, significant } from "./numbers";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: readonly (readonly [string, number])[] = [
  ["d", DAY],
  ["h", HOUR],
  ["m", MINUTE],
  ["s", SECOND],
];
const LENGTHS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
};

/** 850 µs · 12 ms · 3.2 s · 4 m 10 s · 2 h 5 m · 3 d 4 h */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NOTHING;
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 999.5) return `${significant(ms, 2)} ms`;
  if (ms < 59_500) return `${significant(ms / SECOND, 2)} s`;
  return inTwoUnits(ms);
}

function inTwoUnits(ms: number): string {
  const at = Math.max(
    0,
    UNITS.findIndex(([, length]) => ms >= length - SECOND / 2),
  );
  const [name, length] = UNITS[at] ?? ["s", SECOND];
  const [lesserName, lesser] = UNITS[at + 1] ?? ["s", SECOND];
  const lessers = Math.round(ms / lesser);
  const perUnit = length / lesser;
  const rest = lessers % perUnit;
  return `${Math.floor(lessers / perUnit)} ${name}${rest ? ` ${rest} ${lesserName}` : ""}`;
}

/** Reads "90s", "1.5h", "2m30s" or "500ms" as milliseconds; null where it is none of these. */
export function readDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return null;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    sum += Number(number) * (LENGTHS[unit ?? ""] ?? 0);
  }
  return sum;
}
