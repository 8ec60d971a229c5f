import { Button } from "@mantine/core";
import { useState } from "react";
import type { Reason } from "~/api/types";
import { useNow } from "~/components/clock";
import { Panel } from "~/components/Panel";
import { counted, duration, exact } from "~/format";
import { Lanes } from "./Lanes";
import looks from "./looks.module.css";
import { percent, scaleOf, ticks } from "./scale";
import style from "./Timeline.module.css";
import type { Run } from "./timeline";
import { LOOKS, type Look, lookOf, WORDS } from "./timeline-looks";

/** The life of a job as bars, the latest run first; what it waits for now is coloured by its reason. */
export function Timeline({ runs, reason }: { runs: readonly Run[]; reason: Reason | undefined }) {
  const [all, setAll] = useState(false);
  const shown = all ? runs.toReversed() : runs.slice(-1);
  return (
    <Panel title="Timeline" aside={<Legend runs={shown} reason={reason} />}>
      {shown.map((run) => (
        <RunChart key={run.generation} run={run} reason={reason} titled={runs.length > 1} />
      ))}
      {!all && runs.length > 1 && (
        <Button variant="subtle" mt={6} onClick={() => setAll(true)}>
          {counted(runs.length - 1, "earlier generation")}
        </Button>
      )}
    </Panel>
  );
}

function RunChart({ run, reason, titled }: { run: Run; reason: Reason | undefined; titled: boolean }) {
  return run.to === null ? (
    <LiveRun run={run} reason={reason} titled={titled} />
  ) : (
    <Chart run={run} until={run.to} reason={undefined} titled={titled} />
  );
}

function LiveRun({ run, reason, titled }: { run: Run; reason: Reason | undefined; titled: boolean }) {
  const now = useNow();
  const latest = run.lanes.at(-1)?.bars.at(-1)?.from ?? run.from;
  return <Chart run={run} until={Math.max(now, latest)} reason={reason} titled={titled} />;
}

interface ChartProps {
  run: Run;
  until: number;
  reason: Reason | undefined;
  titled: boolean;
}

function Chart({ run, until, reason, titled }: ChartProps) {
  const scale = scaleOf(run.from, until);
  return (
    <figure className={style["chart"]} aria-label={`Timeline of generation ${run.generation}`}>
      {titled && (
        <figcaption className={style["generation"]}>
          Generation {run.generation} <span className="quiet">{exact(run.from)}</span>
        </figcaption>
      )}
      <div className={style["plane"]}>
        <div className={style["grid"]} aria-hidden="true">
          {ticks(scale).map((tick) => (
            <i key={tick} style={{ left: `${percent(scale, run.from + tick)}%` }} />
          ))}
        </div>
        <Lanes run={run} scale={scale} until={until} reason={reason} />
        <ul className={style["marks"]}>
          {run.marks
            .filter(({ at }) => at <= until)
            .map(({ at, what, words }) => (
              <li
                key={`${what} ${at}`}
                data-what={what}
                style={{ left: `${percent(scale, at)}%` }}
                title={`${words}, ${exact(at)}`}
              >
                <span className={style["unseen"]}>{words}</span>
              </li>
            ))}
        </ul>
      </div>
      <div className={style["axis"]} aria-hidden="true">
        {ticks(scale).map((tick) => (
          <span key={tick} style={{ left: `${percent(scale, run.from + tick)}%` }}>
            {tick === 0 ? "0" : duration(tick)}
          </span>
        ))}
      </div>
    </figure>
  );
}

function Legend({ runs, reason }: { runs: readonly Run[]; reason: Reason | undefined }) {
  const found = new Set<Look>();
  for (const run of runs)
    for (const lane of run.lanes) for (const bar of lane.bars) found.add(lookOf(bar, lane, reason));
  return (
    <ul className={style["legend"]}>
      {LOOKS.filter((look) => found.has(look)).map((look) => (
        <li key={look}>
          <i className={looks["sample"]} data-look={look} />
          {WORDS[look]}
        </li>
      ))}
    </ul>
  );
}
