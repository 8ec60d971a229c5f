import { SegmentedControl, Skeleton } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Stats } from "~/api/types";
import { OF_TIME } from "~/components/chart/scale-steps";
import { latency } from "~/components/chart/series";
import { TimeChart } from "~/components/chart/TimeChart";
import { Panel } from "~/components/Panel";
import { duration } from "~/format";
import style from "./Latency.module.css";
import { HEIGHT } from "./Throughput";

type Of = "queue_latency_ms" | "run_time_ms";

/** How long jobs waited in line, or ran: percentiles over time, and of the whole window. */
export function Latency({ stats }: { stats: Stats | undefined }) {
  const [of, setOf] = useState<Of>("queue_latency_ms");
  const chart = useMemo(() => stats && latency(stats, of), [stats, of]);
  return (
    <Panel
      title="Latency"
      className={style["panel"]}
      aside={
        <>
          {stats && chart && (
            <dl className={style["whole"]}>
              {chart.lines.toReversed().map(({ name, colour }) => (
                <div key={name}>
                  <dt>
                    <i style={{ background: `var(${colour})` }} />
                    {name}
                  </dt>
                  <dd>{duration(stats[of][name as "p50"])}</dd>
                </div>
              ))}
            </dl>
          )}
          <SegmentedControl
            size="xs"
            aria-label="Which latency"
            value={of}
            onChange={(value) => setOf(value as Of)}
            data={[
              { value: "queue_latency_ms", label: "Wait" },
              { value: "run_time_ms", label: "Run" },
            ]}
          />
        </>
      }
    >
      {chart ? (
        <TimeChart
          label="Percentiles of latency, over time"
          {...chart}
          format={duration}
          least={2}
          steps={OF_TIME}
          height={HEIGHT}
        />
      ) : (
        <Skeleton height={HEIGHT} />
      )}
    </Panel>
  );
}
