import { Button } from "@mantine/core";
import { useState } from "react";
import type { Reason } from "~/api/types";
import { counted, duration, exact } from "~/format";
import looks from "./looks.module.css";
import { percent, type Scale } from "./scale";
import style from "./Timeline.module.css";
import type { Bar, Lane, Run } from "./timeline";
import { lookOf, WORDS } from "./timeline-looks";

const MOST = 12;

interface LanesProps {
  run: Run;
  scale: Scale;
  until: number;
  reason: Reason | undefined;
}

/** A line for each attempt: what led to it, and the attempt. */
export function Lanes({ run, scale, until, reason }: LanesProps) {
  const [all, setAll] = useState(false);
  const lanes = all ? run.lanes : run.lanes.slice(-MOST);
  const left = run.lanes.length - lanes.length;
  return (
    <>
      {left > 0 && (
        <Button variant="subtle" onClick={() => setAll(true)}>
          {counted(left, "earlier attempt")}
        </Button>
      )}
      <ol className={style["lanes"]}>
        {lanes.map((lane) => (
          <li key={lane.bars[0]?.from ?? 0} className={style["lane"]}>
            <span className={style["label"]} title={lane.worker || undefined}>
              {lane.attempt > 0 ? `Attempt ${lane.attempt}` : "Wait"}
            </span>
            <span className={style["track"]}>
              {lane.bars.map((bar) => (
                <BarView
                  key={`${bar.kind} ${bar.from}`}
                  {...{ bar, lane, scale, until }}
                  reason={run.to === null ? reason : undefined}
                />
              ))}
            </span>
            <span className={style["length"]}>{duration(ran(lane, until))}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

interface BarProps {
  bar: Bar;
  lane: Lane;
  scale: Scale;
  until: number;
  reason: Reason | undefined;
}

function BarView({ bar, lane, scale, until, reason }: BarProps) {
  const look = lookOf(bar, lane, reason);
  const left = percent(scale, bar.from);
  const width = percent(scale, bar.to ?? until) - left;
  const length = duration(bar.to === null ? soFar(until - bar.from) : bar.to - bar.from);
  const worker = bar.kind === "running" && lane.worker ? ` on ${lane.worker}` : "";
  const words = `${WORDS[look]}${worker}, ${length}${bar.to === null ? " so far" : ""}, from ${exact(bar.from)}`;
  return (
    <span
      role="img"
      aria-label={words}
      title={words}
      className={looks["bar"]}
      data-look={look}
      data-open={bar.to === null || undefined}
      style={{ left: `${left}%`, width: `${width}%` }}
    >
      <span className={looks["words"]}>{length}</span>
    </span>
  );
}

/** How long the attempt ran; without one, how long it waited. */
function ran({ bars }: Lane, until: number): number {
  const running = bars.filter(({ kind }) => kind === "running");
  const counted = running.length ? running : bars;
  const sum = counted.reduce((before, { from, to }) => before + (to ?? until) - from, 0);
  return counted.some(({ to }) => to === null) ? soFar(sum) : sum;
}

/** What lasts is said in whole seconds, as everywhere. */
function soFar(length: number): number {
  return Math.floor(length / 1_000) * 1_000;
}
