/** The autoscaler's decisions as a line that holds each until the next, and the last one until now. Pure. */

import type { ScalingView } from "~/api/types";
import { ms } from "~/format";

/** Returns times in seconds, and the number of workers wanted from each. Decisions come the last first. */
export function wantedOverTime(decisions: readonly ScalingView[], now: number) {
  const rising = decisions.toReversed();
  const last = rising.at(-1);
  return {
    times: [...rising.map(({ at }) => (ms(at) ?? 0) / 1000), now / 1000],
    wanted: [...rising.map(({ desired }) => desired), last?.desired ?? 0],
  };
}
