import { Skeleton } from "@mantine/core";
import { useMemo } from "react";
import type { Stats } from "~/api/types";
import { Legend } from "~/components/chart/Legend";
import { throughput } from "~/components/chart/series";
import { TimeChart } from "~/components/chart/TimeChart";
import { Panel } from "~/components/Panel";
import { rate } from "~/format";

/** Of both charts, in pixels: the first screenful has room for what is below them. */
export const HEIGHT = 168;

/** Jobs a second: those that came, and those that ended in either way. */
export function Throughput({ stats }: { stats: Stats | undefined }) {
  const chart = useMemo(() => stats && throughput(stats), [stats]);
  return (
    <Panel title="Throughput" aside={chart && <Legend lines={chart.lines} />}>
      {chart ? (
        <TimeChart label="Jobs a second, over time" {...chart} format={rate} height={HEIGHT} />
      ) : (
        <Skeleton height={HEIGHT} />
      )}
    </Panel>
  );
}
