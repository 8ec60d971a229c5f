/** Reads a moment as a person writes it. Pure. */

import { momentAt, msOf } from "~/api/moments";
import { readDuration } from "~/format";

const DAY = /^(\d{4}-\d\d-\d\d)[T ]+(.+)$/;
/** Milliseconds, the API would say; a slip of the finger, more likely. */
const SHORT = /^\d{1,10}$/;
const CLOCK = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,3}))?)?$/;

/**
 * Returns the moment that a text means, as the API takes it; null where it means none.
 *
 * A time of day ("14:03:22.120") is of the day of `near`; "-5m" is so long before `now`; without a zone, times are local. What the
 * API tells (an offset, a time) is taken as it is.
 */
export function readMoment(text: string, near: number, now: number): string | null {
  const given = text.trim();
  if (msOf(given) !== null && !SHORT.test(given)) return given;
  const back = readDuration(
    given
      .replace(/^[-−]/, "")
      .replace(/\s*ago$/, "")
      .replaceAll(" ", ""),
  );
  if (back !== null) return momentAt(now - back);
  const [, day, time = ""] = DAY.exec(given) ?? [undefined, undefined, given];
  const clock = CLOCK.exec(time.trim());
  if (clock === null) return null;
  const date = day === undefined ? new Date(near) : new Date(`${day}T00:00:00`);
  const [hours, minutes, seconds] = [clock[1], clock[2], clock[3] ?? "0"].map(Number) as [
    number,
    number,
    number,
  ];
  if (Number.isNaN(date.getTime()) || hours > 23 || minutes > 59 || seconds > 59) return null;
  date.setHours(hours, minutes, seconds, Number((clock[4] ?? "").padEnd(3, "0")));
  return momentAt(date.getTime());
}

/** Writes a time as `readMoment` reads it: 2026-11-22 14:03:22.120, local. */
export function writeMoment(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
