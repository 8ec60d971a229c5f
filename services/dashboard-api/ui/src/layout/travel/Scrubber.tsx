import { useMove } from "@mantine/hooks";
import type { KeyboardEvent } from "react";
import type { Activity } from "~/api/types";
import { exact, moment, ms } from "~/format";
import style from "./Scrubber.module.css";
import { placeIn, type Range, timeAt } from "./span";

/** The drawing's own measure; it is stretched to the width there is. */
const WIDTH = 1_000;
const HEIGHT = 30;

interface ScrubberProps {
  range: Range;
  log: Range;
  at: number;
  now: number;
  activity: readonly Activity[];
  stepMs: number;
  onSeek: (ms: number) => void;
}

/** The log as a line to drag along; above it, where something happened. Arrows move by a hundredth, Page keys by a tenth. */
export function Scrubber({ range, log, at, now, activity, stepMs, onSeek }: ScrubberProps) {
  const { ref, active } = useMove(({ x }) => onSeek(timeAt(range, x, log)));
  const place = placeIn(range, at);
  const key = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onSeek(timeAt(range, place + by, log));
  };
  return (
    <div className={style["scrubber"]}>
      <div
        ref={ref}
        className={style["track"]}
        role="slider"
        tabIndex={0}
        aria-label="Moment"
        aria-valuemin={range.from}
        aria-valuemax={range.to}
        aria-valuenow={at}
        aria-valuetext={exact(at)}
        data-active={active || undefined}
        onKeyDown={key}
        onPointerDown={(event) => event.currentTarget.focus({ preventScroll: true })}
      >
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path className={style["changes"]} d={bars(activity, range, stepMs, ({ changes }) => changes)} />
          <path className={style["failed"]} d={bars(activity, range, stepMs, ({ failed }) => failed)} />
        </svg>
        <i className={style["line"]} />
        <i className={style["thumb"]} style={{ left: `${place * 100}%` }} />
      </div>
      <div className={style["ends"]} aria-hidden="true">
        <span>{moment(range.from, now)}</span>
        <span>{range.to >= log.to ? "now" : moment(range.to, now)}</span>
      </div>
    </div>
  );
}

const MOVES: Readonly<Record<string, number>> = {
  ArrowLeft: -0.01,
  ArrowDown: -0.01,
  ArrowRight: 0.01,
  ArrowUp: 0.01,
  PageDown: -0.1,
  PageUp: 0.1,
  Home: -1,
  End: 1,
};

/** A bar for each step; its height is the root of its share, so that what is small is seen beside what is big. */
function bars(
  activity: readonly Activity[],
  range: Range,
  stepMs: number,
  of: (one: Activity) => number,
): string {
  const most = Math.max(1, ...activity.map(({ changes }) => changes));
  return activity
    .filter((one) => of(one) > 0)
    .map((one) => {
      const at = ms(one.at) ?? 0;
      const [left, right] = [at, at + stepMs].map((time) => placeIn(range, time) * WIDTH) as [number, number];
      const height = Math.max(2, Math.sqrt(of(one) / most) * (HEIGHT - 2));
      return `M${left.toFixed(1)} ${HEIGHT}v-${height.toFixed(1)}H${Math.max(right - 0.6, left + 0.8).toFixed(1)}V${HEIGHT}z`;
    })
    .join("");
}
