/** When the letters of a group failed, in words and as heights. Pure. */

import type { DeadLetters } from "~/api/types";
import { count, duration, exact, moment, ms } from "~/format";

export type Steps = Pick<DeadLetters, "since" | "step_ms">;

export interface Bar {
  /** Of the tallest, from 0 to 1. */
  height: number;
  words: string;
}

/** Returns a bar for each step. */
export function barsOf(series: readonly number[], { since, step_ms }: Steps): Bar[] {
  const most = Math.max(1, ...series);
  const first = ms(since) ?? 0;
  const now = first + step_ms * series.length;
  return series.map((jobs, step) => {
    const from = first + step * step_ms;
    return {
      height: jobs / most,
      words: `${count(jobs)} from ${moment(from, now)} to ${moment(from + step_ms, now)}`,
    };
  });
}

/** "28 in the last 6 h, the most at once 12, from … on": for people who cannot see the bars. */
export function failuresInWords(series: readonly number[], steps: Steps): string {
  const sum = series.reduce((all, jobs) => all + jobs, 0);
  const most = Math.max(0, ...series);
  const at = (ms(steps.since) ?? 0) + series.indexOf(most) * steps.step_ms;
  const span = duration(steps.step_ms * series.length);
  return `${count(sum)} in the last ${span}, the most at once ${count(most)}, from ${exact(at)} on`;
}
