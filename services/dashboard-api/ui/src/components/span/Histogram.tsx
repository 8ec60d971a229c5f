import type { DurationBucket } from "~/api/types";
import { counted, duration } from "~/format";
import style from "./Histogram.module.css";

interface HistogramProps {
  buckets: readonly DurationBucket[];
  count: number;
  about: string;
}

const TICKS = 6;

/** Bars, side by side: how many lasted how long. Their ranges grow with the length. */
export function Histogram({ buckets, count, about }: HistogramProps) {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const every = Math.ceil(buckets.length / TICKS);
  return (
    <figure className={style["histogram"]} aria-label={`${about} ${counted(count, "attempt")}`}>
      <ol className={style["bars"]}>
        {buckets.map((bucket, at) => {
          const words = `${duration(bucket.from_ms)} to ${duration(bucket.to_ms)}: ${counted(bucket.count, "attempt")}`;
          return (
            <li key={bucket.from_ms} title={words}>
              <span className={style["unseen"]}>{words}</span>
              <span className={style["room"]} aria-hidden="true">
                <i
                  style={{ height: `${(bucket.count / most) * 100}%` }}
                  data-none={bucket.count === 0 || undefined}
                />
              </span>
              <span
                className={style["tick"]}
                aria-hidden="true"
                data-hidden={at % every !== 0 || at > buckets.length - every * 0.6 || undefined}
              >
                {duration(bucket.from_ms)}
              </span>
            </li>
          );
        })}
      </ol>
      <figcaption className={style["about"]}>
        {counted(count, "attempt")}, up to {duration(buckets.at(-1)?.to_ms)}
      </figcaption>
    </figure>
  );
}
