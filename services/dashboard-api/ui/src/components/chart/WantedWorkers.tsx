import { useMemo } from "react";
import type { ScalingView } from "~/api/types";
import { useNow } from "~/components/clock";
import { count } from "~/format";
import { OF_THINGS } from "./scale-steps";
import { wantedOverTime } from "./steps";
import { TimeChart } from "./TimeChart";

/** How many workers the autoscaler wanted, over time. `height`: in pixels. */
export function WantedWorkers({ decisions, height }: { decisions: readonly ScalingView[]; height: number }) {
  const now = useNow(30);
  const { times, wanted } = useMemo(() => wantedOverTime(decisions, now), [decisions, now]);
  return (
    <TimeChart
      label="Workers wanted, over time"
      height={height}
      times={times}
      lines={[{ name: "workers", colour: "--jm-accent", kind: "steps", values: wanted }]}
      format={count}
      least={2}
      steps={OF_THINGS}
    />
  );
}
