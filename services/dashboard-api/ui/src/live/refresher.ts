/**
 * Says when to read anew what events made old: at once, then at most so often for each topic, and at last once more.
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
/** What goes on changing when events have ended, and when it is looked at again. */
const SETTLING: readonly Topic[] = ["stats", "queues", "types"];
const SETTLE_MS = [12_000, 65_000];

type Timer = ReturnType<typeof setTimeout>;

export class Refresher {
  readonly #readAt = new Map<Topic, number>();
  readonly #due = new Map<Topic, Timer>();
  #settling: Timer[] = [];
  #jobs: Set<string> | null = new Set();

  /** refresh: reads a topic anew. jobs: for the topic `job`, which; null is any. */
  constructor(
    private readonly refresh: (topic: Topic, jobs: ReadonlySet<string> | null) => void,
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
    for (const timer of [...this.#due.values(), ...this.#settling]) clearTimeout(timer);
    this.#due.clear();
  }

  #soon(topic: Topic): void {
    if (this.#due.has(topic)) return;
    const wait = Math.max(0, (this.#readAt.get(topic) ?? 0) + PAUSE_MS[topic] - this.now());
    if (wait === 0) this.#run(topic);
    else
      this.#due.set(
        topic,
        setTimeout(() => this.#run(topic), wait),
      );
  }

  #run(topic: Topic): void {
    this.#due.delete(topic);
    this.#readAt.set(topic, this.now());
    if (topic !== "job") {
      this.refresh(topic, null);
      return;
    }
    const jobs = this.#jobs;
    this.#jobs = new Set();
    this.refresh(topic, jobs);
  }

  #runAll(topics: readonly Topic[]): void {
    for (const topic of topics) this.#run(topic);
  }

  #settle(): void {
    for (const timer of this.#settling) clearTimeout(timer);
    this.#settling = SETTLE_MS.map((wait) => setTimeout(() => this.#runAll(SETTLING), wait));
  }
}
