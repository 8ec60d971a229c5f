import { SegmentedControl } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useState } from "react";
import type { Percentiles, Span } from "~/api/types";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { duration } from "~/format";
import { Histogram } from "./Histogram";
import style from "./Lengths.module.css";

type Of = "run_time" | "queue_latency";

const WORDS: Readonly<Record<Of, { label: string; about: string; none: string }>> = {
  run_time: { label: "Run time", about: "Run time of", none: "How long attempts run is shown here." },
  queue_latency: { label: "Wait", about: "Wait of", none: "How long jobs stand in line is shown here." },
};
const SHARES: readonly (keyof Percentiles)[] = ["p50", "p95", "p99"];

interface LengthsProps {
  span: Span;
  window: string;
  /** Which of the two is shown until the other is chosen. */
  first?: Of;
}

/** How long attempts ran, or jobs stood in line: how it spread, counted exactly, and percentiles. */
export function Lengths({ span, window, first = "run_time" }: LengthsProps) {
  const [of, setOf] = useState<Of>(first);
  const { count, buckets } = span[of];
  const words = WORDS[of];
  return (
    <Panel
      title={words.label}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Which length"
          value={of}
          onChange={(value) => setOf(value as Of)}
          data={[
            { value: "run_time", label: "Run" },
            { value: "queue_latency", label: "Wait" },
          ]}
        />
      }
    >
      {count === 0 ? (
        <Empty icon={IconChartBar} title={`None in the last ${window}`}>
          {words.none}
        </Empty>
      ) : (
        <Histogram buckets={buckets} count={count} about={words.about} />
      )}
      <table className={style["percentiles"]}>
        <thead>
          <tr>
            <th scope="col">In the last {window}</th>
            {SHARES.map((share) => (
              <th key={share} scope="col">
                {share}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Line name="Wait in line" of={span.queue_latency.percentiles_ms} />
          <Line name="Run time" of={span.run_time.percentiles_ms} />
        </tbody>
      </table>
    </Panel>
  );
}

function Line({ name, of }: { name: string; of: Percentiles }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {SHARES.map((share) => (
        <td key={share}>{duration(of[share])}</td>
      ))}
    </tr>
  );
}
