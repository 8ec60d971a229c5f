/** Moments: relative for the eye, exact for the record. */

import { duration } from "./durations";
import { NOTHING } from "./numbers";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** Milliseconds since 1970 of an RFC 3339 time; null where there is none. */
export function ms(at: string | null | undefined): number | null {
  const value = at ? Date.parse(at) : Number.NaN;
  return Number.isNaN(value) ? null : value;
}

/** "now", "12 s ago", "3 h ago", "in 5 m": one unit, so that a column of them can be compared at a glance. */
export function ago(at: number | null, now: number): string {
  if (at === null) return NOTHING;
  const away = Math.abs(now - at);
  if (away < 1_000) return "now";
  const words = coarse(away);
  return at > now ? `in ${words}` : `${words} ago`;
}

/** The greatest unit of a duration alone: 12 s, 3 h, 40 d. */
export function coarse(away: number): string {
  if (away < 60_000) return `${Math.floor(away / 1_000)} s`;
  if (away < 3_600_000) return `${Math.floor(away / 60_000)} m`;
  if (away < 48 * 3_600_000) return `${Math.floor(away / 3_600_000)} h`;
  return `${Math.floor(away / 86_400_000)} d`;
}

/** 22 Nov 2026, 10:17:04.276 (local time), and the offset of its zone. */
export function exact(at: number | null): string {
  if (at === null) return NOTHING;
  const date = new Date(at);
  const thousandths = String(date.getMilliseconds()).padStart(3, "0");
  return `${dayOfYear.format(date)}, ${clock.format(date)}.${thousandths} ${zone(date)}`;
}

/** 10:17:04 today, 22 Nov 10:17:04 else. */
export function moment(at: number | null, now: number): string {
  if (at === null) return NOTHING;
  const same = new Date(at).toDateString() === new Date(now).toDateString();
  return same ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
}

/** 10:17:04.276 today, 22 Nov 10:17:04.276 else. */
export function precise(at: number | null, now: number): string {
  return at === null ? NOTHING : `${moment(at, now)}.${String(Math.floor(at) % 1000).padStart(3, "0")}`;
}

/** How long something took, or takes until now. */
export function between(from: string | null, to: string | null, now: number): number | null {
  const start = ms(from);
  return start === null ? null : Math.max(0, (ms(to) ?? now) - start);
}

/** "in 4 m 10 s" for what is to come, in two units. */
export function until(at: number | null, now: number): string {
  if (at === null) return NOTHING;
  return at <= now ? "now" : `in ${duration(at - now)}`;
}

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}
