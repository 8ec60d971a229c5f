/** Moments as addresses and the API write them: times, or offsets. Pure. */

const OFFSET = /^(?:\d{1,4}:)?(\d{1,15})(?:-\d{1,18}(?:\/\d{1,9})?)$/;
const MS_MOST = 253_402_300_799_999;

/** When a moment is, in milliseconds since 1970; null where the text is none. Of several offsets, the latest counts. */
export function msOf(moment: string): number | null {
  if (/^\d{1,15}$/.test(moment)) return within(Number(moment));
  const times = moment.split(",").map((part) => OFFSET.exec(part.trim())?.[1]);
  if (times.every((time) => time !== undefined)) return within(Math.max(...times.map(Number)));
  const zoned = /^\d{4}-\d\d-\d\d[T ].*(Z|[+-]\d\d:\d\d)$/i.test(moment);
  return zoned ? within(Date.parse(moment)) : null;
}

/** Writes a time as a moment: as the API writes times, and as it can be read in an address. */
export function momentAt(ms: number): string {
  return new Date(Math.floor(ms)).toISOString();
}

function within(ms: number): number | null {
  return ms >= 0 && ms <= MS_MOST ? ms : null;
}
