/**
 * Says when to read anew what events made old: at once, then at most so often for each topic, and at last once more.
 *
 * A reading is let end before the next of its topic begins: where answers take longer than the pause, they would all be
 * broken off.
 *
 * Rates are those of the last minute: when events end, figures go on changing for a while. So after the last of them it refreshes
 * twice more. In silence it asks for nothing.
 */

import type { Topic } from "~/api/reads";

/** The shortest time between two readings of a topic. */
const PAUSE_MS: Readonly<Record<Topic, number>> = {
  stats: 2_000,
  jobs: 1_000,
  job: 500,
  queues: 2_000,
  types: 3_000,
  schemas: 3_000,
  workers: 2_000,
  scaling: 1_000,
  "dead-letter": 3_000,
  breakers: 1_000,
  notable: 1_000,
  schedules: 2_000,
  bulks: 1_000,
};
/** A reading that has not ended after so long is broken off for the next. */
const PATIENCE_MS = 20_000;
/** What goes on changing when events have ended, and when it is looked at again. */
const SETTLING: readonly Topic[] = ["stats", "queues", "types"];
const SETTLE_MS = [12_000, 65_000];

type Timer = ReturnType<typeof setTimeout>;

/** A reading under way. old: events have made old what it will bring. */
interface Reading {
  old: boolean;
}

export class Refresher {
  readonly #readAt = new Map<Topic, number>();
  readonly #due = new Map<Topic, Timer>();
  readonly #reading = new Map<Topic, Reading>();
  #settling: Timer[] = [];
  #jobs: Set<string> | null = new Set();
  #closed = false;

  /** refresh: reads a topic anew, and is done when the answers are there. jobs: for the topic `job`, which; null is any. */
  constructor(
    private readonly refresh: (topic: Topic, jobs: ReadonlySet<string> | null) => Promise<void>,
    private readonly now: () => number = Date.now,
  ) {}

  touch(topics: Iterable<Topic>, jobs: ReadonlySet<string> | null): void {
    if (jobs === null || this.#jobs === null) this.#jobs = null;
    else for (const id of jobs) this.#jobs.add(id);
    for (const topic of topics) this.#soon(topic);
    if (jobs === null || jobs.size > 0) this.#soon("job");
    this.#settle();
  }

  close(): void {
    this.#closed = true;
    for (const timer of [...this.#due.values(), ...this.#settling]) clearTimeout(timer);
    this.#due.clear();
  }

  #soon(topic: Topic): void {
    if (this.#due.has(topic)) return;
    const since = this.now() - (this.#readAt.get(topic) ?? 0);
    const reading = this.#reading.get(topic);
    if (reading && since < PATIENCE_MS) {
      reading.old = true;
      return;
    }
    const wait = Math.max(0, PAUSE_MS[topic] - since);
    if (wait === 0) this.#run(topic);
    else
      this.#due.set(
        topic,
        setTimeout(() => this.#run(topic), wait),
      );
  }

  #run(topic: Topic): void {
    clearTimeout(this.#due.get(topic));
    this.#due.delete(topic);
    this.#readAt.set(topic, this.now());
    const reading = { old: false };
    this.#reading.set(topic, reading);
    void this.refresh(topic, topic === "job" ? this.#takeJobs() : null).finally(() => {
      if (this.#reading.get(topic) !== reading) return;
      this.#reading.delete(topic);
      if (reading.old && !this.#closed) this.#soon(topic);
    });
  }

  #takeJobs(): Set<string> | null {
    const jobs = this.#jobs;
    this.#jobs = new Set();
    return jobs;
  }

  #allSoon(topics: readonly Topic[]): void {
    for (const topic of topics) this.#soon(topic);
  }

  #settle(): void {
    for (const timer of this.#settling) clearTimeout(timer);
    this.#settling = SETTLE_MS.map((wait) => setTimeout(() => this.#allSoon(SETTLING), wait));
  }
}
