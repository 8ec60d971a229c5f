/**
 * Offsets: which is behind which, and what reads have to know of, so that nobody misses what they wrote or were told.
 *
 * A write's answer says where in the log it stands; reads that carry this as `min_offset` wait until the read model is there.
 */

const REMEMBERED_MS = 10_000;

export class Written {
  readonly #offsets = new Map<string, { offset: string; until: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Remembers how far reads must be, like the `Journeyman-Offset` of a write: one offset, or several with commas between. */
  remember(header: string | null): void {
    if (!header) return;
    for (const offset of header.split(",")) {
      const partition = offset.includes(":") ? (offset.split(":", 1)[0] ?? "") : "";
      const known = this.#offsets.get(partition)?.offset;
      const latest = known !== undefined && reaches(known, offset) ? known : offset.trim();
      this.#offsets.set(partition, { offset: latest, until: this.now() + REMEMBERED_MS });
    }
  }

  /** What reads have to wait for; undefined where nothing was written of late. */
  minOffset(): string | undefined {
    const now = this.now();
    for (const [partition, { until }] of this.#offsets) if (until <= now) this.#offsets.delete(partition);
    const offsets = [...this.#offsets.values()].map(({ offset }) => offset);
    return offsets.length ? offsets.join(",") : undefined;
  }
}

/** Whether one offset, of several partitions maybe, is at or behind another in each partition that the other names. */
export function reaches(offset: string, wanted: string): boolean {
  const has = numbers(offset);
  return [...numbers(wanted)].every(([partition, place]) => compare(has.get(partition) ?? [], place) >= 0);
}

/** Reads `3:1732247000123-0/4`: the time, the number and the index, by partition. */
function numbers(text: string): Map<string, number[]> {
  return new Map(
    text.split(",").map((part) => {
      const [place = "", partition = "0"] = part.trim().split(":").reverse();
      return [partition, place.split(/[-/]/).map(Number)];
    }),
  );
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, number] of other.entries()) {
    const difference = (one[index] ?? -1) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}
