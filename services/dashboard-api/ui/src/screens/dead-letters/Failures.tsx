import { duration } from "~/format";
import style from "./Failures.module.css";
import { barsOf, failuresInWords, type Steps } from "./failures";

interface FailuresProps {
  series: readonly number[];
  steps: Steps;
  /** With its span below: where there is room. */
  large?: boolean;
}

/** When the letters of a group failed: a bar for each step of the time since the first of all. */
export function Failures({ series, steps, large = false }: FailuresProps) {
  return (
    <span
      className={style["failures"]}
      data-large={large || undefined}
      role="img"
      aria-label={failuresInWords(series, steps)}
    >
      <span className={style["bars"]}>
        {barsOf(series, steps).map(({ height, words }, step) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          <i key={step} title={words}>
            {height > 0 && <b style={{ height: `${height * 100}%` }} />}
          </i>
        ))}
      </span>
      {large && (
        <span className={style["span"]}>
          <span>{duration(steps.step_ms * series.length)} ago</span>
          <span>now</span>
        </span>
      )}
    </span>
  );
}
