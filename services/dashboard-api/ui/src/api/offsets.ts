/**
 * Reading one's own writes: what was written lately, until every read asks for it.
 *
 * A write's answer says where in the log it stands; reads that carry this as `min_offset` wait until the read model is there.
 */

const REMEMBERED_MS = 10_000;

export class Written {
  readonly #offsets = new Map<string, { offset: string; until: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Remembers the `Journeyman-Offset` of a write: one offset, or several with commas between. */
  remember(header: string | null): void {
    if (!header) return;
    for (const offset of header.split(",")) {
      const partition = offset.includes(":") ? (offset.split(":", 1)[0] ?? "") : "";
      this.#offsets.set(partition, { offset: offset.trim(), until: this.now() + REMEMBERED_MS });
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
