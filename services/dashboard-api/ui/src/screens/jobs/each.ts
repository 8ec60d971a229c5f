/** Doing the same with many jobs, a few at a time, and counting how it went. */

import type { ApiClient } from "~/api/client";
import { ProblemError } from "~/api/http";

const AT_ONCE = 6;

export interface Tally {
  done: number;
  /** The server said that it cannot be done with this job, as it is now. */
  refused: number;
  failed: number;
}

/** Does it with every job; `tell` is called as it goes on. Never throws: what failed is counted. */
export async function doEach(
  api: ApiClient,
  ids: readonly string[],
  act: (api: ApiClient, id: string) => Promise<unknown>,
  tell: (tally: Tally) => void,
): Promise<Tally> {
  const tally: Tally = { done: 0, refused: 0, failed: 0 };
  const left = ids.values();
  const one = async () => {
    for (const id of left) {
      try {
        await act(api, id);
        tally.done += 1;
      } catch (error) {
        if (error instanceof ProblemError && error.status === 409) tally.refused += 1;
        else tally.failed += 1;
      }
      tell({ ...tally });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return tally;
}
