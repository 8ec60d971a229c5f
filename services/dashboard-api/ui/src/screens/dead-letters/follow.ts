/** How the jobs of a redrive fare, from the events that tell of them. Bounded; knows only what it was told. */

/** Jobs of all redrives that are remembered; what is beyond is not followed. */
const JOBS_MOST = 100_000;

export interface Told {
  tag: string;
  jobId: string | undefined;
  /** Of `job.redriven`: the name of the redrive. */
  redrive: string | undefined;
}

export interface Fate {
  completed: number;
  deadAgain: number;
  cancelled: number;
}

type Ending = keyof Fate;
const ENDINGS: Readonly<Record<string, Ending>> = {
  "job.succeeded": "completed",
  "job.dead_lettered": "deadAgain",
  "job.cancelled": "cancelled",
};

/** Takes events in their order. It begins before a redrive's name is known: its first jobs may be told of earlier. */
export class Follow {
  readonly #redriveOf = new Map<string, string>();
  readonly #fates = new Map<string, Fate>();

  /** Returns whether an event said anything that counts. */
  take({ tag, jobId, redrive }: Told): boolean {
    if (jobId === undefined) return false;
    if (tag === "job.redriven") {
      if (redrive && this.#redriveOf.size < JOBS_MOST) this.#redriveOf.set(jobId, redrive);
      return false;
    }
    const ending = ENDINGS[tag];
    const name = this.#redriveOf.get(jobId);
    if (ending === undefined || name === undefined) return false;
    this.#redriveOf.delete(jobId);
    const before = this.fateOf(name);
    this.#fates.set(name, { ...before, [ending]: before[ending] + 1 });
    return true;
  }

  fateOf(redrive: string): Fate {
    return this.#fates.get(redrive) ?? { completed: 0, deadAgain: 0, cancelled: 0 };
  }
}
