/** Numbers as people read them. Always in English, so that they are the same for everybody who talks about them. */

export const NOTHING = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 12,345 */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : whole.format(value);
}

/** 12.3K: for where there is little room; the whole number belongs beside it, on hover. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

/** 3.4/s, or 0.2/min where that says more. */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return NOTHING;
  if (perSecond === 0) return "0/s";
  if (perSecond >= 100) return `${compact(Math.round(perSecond))}/s`;
  if (perSecond >= 0.1) return `${significant(perSecond, 2)}/s`;
  return `${significant(perSecond * 60, 2)}/min`;
}

/** 42 %, of a number from 0 to 1. */
export function share(part: number | null | undefined): string {
  if (part === null || part === undefined || Number.isNaN(part)) return NOTHING;
  const percent = part * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  if (percent > 99.9 && percent < 100) return ">99.9 %";
  return `${percent >= 10 || Number.isInteger(percent) ? Math.floor(percent) : percent.toFixed(1)} %`;
}

/** 1.5 MiB */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < BYTES.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : significant(size, 3)} ${BYTES[unit]}`;
}

/** "1 job", "2 jobs": the plural is with an s unless given. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Rounds to so many significant digits, never beyond the unit, and without zeros at the end. */
export function significant(value: number, digits: number): string {
  if (value === 0) return "0";
  const before = Math.floor(Math.log10(Math.abs(value))) + 1;
  return String(Number(value.toFixed(Math.max(0, digits - before))));
}
