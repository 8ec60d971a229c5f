import { useMemo } from "react";
import type { TypeSpan } from "~/api/types";
import { Legend } from "~/components/chart/Legend";
import { throughput } from "~/components/chart/series";
import { TimeChart } from "~/components/chart/TimeChart";
import { Panel } from "~/components/Panel";
import { rate } from "~/format";

/** How many of a type's jobs came and ended, over time. */
export function Course({ span }: { span: TypeSpan }) {
  const chart = useMemo(() => throughput(span), [span]);
  return (
    <Panel title="Throughput" aside={<Legend lines={chart.lines} />}>
      <TimeChart label="Jobs of the type a second, over time" {...chart} format={rate} />
    </Panel>
  );
}
