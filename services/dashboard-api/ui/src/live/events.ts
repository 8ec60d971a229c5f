/** Events as they come, and batches of them. An event's text is read only when somebody looks into it. */

import type { EventView } from "~/api/types";

export class LiveEvent {
  #view: EventView | undefined;

  constructor(
    readonly tag: string,
    private readonly text: string,
  ) {}

  /** The event as in a history: offset, name, time, fields. */
  get view(): EventView {
    this.#view ??= JSON.parse(this.text) as EventView;
    return this.#view;
  }

  get jobId(): string | undefined {
    const id = this.view.data.job_id;
    return typeof id === "string" ? id : undefined;
  }
}

/** What came since the last batch. */
export interface Batch {
  /** The events, the oldest first; the latest of them where there were too many. */
  events: readonly LiveEvent[];
  /** How many of each name there were, those left out too. */
  counts: ReadonlyMap<string, number>;
  total: number;
  /** Whether events were left out: then anything may have changed. */
  truncated: boolean;
}

/** Collects events for the next batch. Bounded: what is too much is counted and forgotten. */
export class Collector {
  #events: LiveEvent[] = [];
  #counts = new Map<string, number>();
  #total = 0;

  constructor(private readonly most: number) {}

  add(event: LiveEvent): void {
    this.#events.push(event);
    if (this.#events.length >= 2 * this.most) this.#events = this.#events.slice(-this.most);
    this.#counts.set(event.tag, (this.#counts.get(event.tag) ?? 0) + 1);
    this.#total += 1;
  }

  get empty(): boolean {
    return this.#total === 0;
  }

  take(): Batch {
    const events = this.#events.slice(-this.most);
    const batch = {
      events,
      counts: this.#counts,
      total: this.#total,
      truncated: events.length < this.#total,
    };
    this.#events = [];
    this.#counts = new Map();
    this.#total = 0;
    return batch;
  }
}
