import type { BreakerView } from "~/api/types";
import { Panel } from "~/components/Panel";
import { Time } from "~/components/Time";
import { counted } from "~/format";
import style from "./Breaker.module.css";

const WHY: Readonly<Record<string, string>> = {
  manual: "A person opened it; it stays open until a person closes it.",
  failure_ratio: "Too great a part of its attempts had failed.",
  consecutive_failures: "Too many of its attempts had failed, one after the other.",
  probe_failed: "Those that were let through to try failed again.",
};

/** Why a circuit breaker is not closed, since when, and when it is tried again. */
export function Breaker({ breaker }: { breaker: BreakerView }) {
  const { state, reason, since, until, failures, calls, waiting, partitions } = breaker;
  const shut = partitions.filter((one) => one.state !== "closed");
  return (
    <Panel title="Circuit breaker" className={style["panel"]}>
      <p className={style["words"]}>
        {state === "half_open"
          ? "It lets some jobs start, to see whether they succeed."
          : "No job of this type starts."}{" "}
        {WHY[reason] ?? ""}
      </p>
      <dl className={style["facts"]}>
        <div>
          <dt>Since</dt>
          <dd>
            <Time at={since} />
          </dd>
        </div>
        {until && (
          <div>
            <dt>Tried again</dt>
            <dd>
              <Time at={until} />
            </dd>
          </div>
        )}
        {calls > 0 && (
          <div>
            <dt>Failed</dt>
            <dd>
              {failures} of {calls}
            </dd>
          </div>
        )}
        <div>
          <dt>Held back</dt>
          <dd>{counted(waiting, "job")}</dd>
        </div>
        {partitions.length > 1 && (
          <div>
            <dt>Partitions</dt>
            <dd>
              {shut.map(({ partition }) => partition).join(", ")}{" "}
              <span className="quiet">of {partitions.length}</span>
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}
