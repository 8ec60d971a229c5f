import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AttemptView } from "~/api/types";
import { Copy } from "~/components/Copy";
import { Panel } from "~/components/Panel";
import { StateSymbol } from "~/components/StateBadge";
import { Time, Took } from "~/components/Time";
import { counted } from "~/format";
import { written } from "~/search/terms";
import style from "./Attempts.module.css";
import { type Loss, lossKey } from "./evidence";
import { seen } from "./json/json";

const MOST = 8;
/** What is longer is shut at first. */
const LINES_OPEN = 8;
const STATE: Readonly<Record<string, string>> = {
  running: "running",
  succeeded: "completed",
  failed: "failed",
  lost: "failed",
};

interface AttemptsProps {
  attempts: readonly AttemptView[];
  losses: ReadonlyMap<string, Loss>;
}

/** The attempts side by side, so that their errors can be compared. The latest comes first. */
export function Attempts({ attempts, losses }: AttemptsProps) {
  const [all, setAll] = useState(false);
  const shown = all ? attempts.toReversed() : attempts.slice(-MOST).toReversed();
  return (
    <Panel title="Attempts" aside={<span className="numbers">{counted(attempts.length, "attempt")}</span>}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className={style["attempts"]} tabIndex={0} aria-label="Attempts, the latest first">
        {shown.map((attempt) => (
          <Card
            key={`${attempt.number} ${attempt.started_at}`}
            attempt={attempt}
            loss={
              attempt.outcome === "lost" ? losses.get(lossKey(attempt.number, attempt.worker)) : undefined
            }
          />
        ))}
        {shown.length < attempts.length && (
          <Button variant="subtle" className={style["more"]} onClick={() => setAll(true)}>
            {counted(attempts.length - shown.length, "earlier one")}
          </Button>
        )}
      </section>
    </Panel>
  );
}

function Card({ attempt, loss }: { attempt: AttemptView; loss: Loss | undefined }) {
  const { number, outcome, worker, started_at, finished_at, error } = attempt;
  return (
    <article className={style["attempt"]} data-outcome={outcome}>
      <h3 className={style["title"]}>
        <StateSymbol state={STATE[outcome] ?? "cancelled"} />
        Attempt {number} <span className={style["outcome"]}>{outcome}</span>
      </h3>
      <dl className={style["facts"]}>
        <dt>Worker</dt>
        <dd>
          <Link to="/jobs" search={{ q: written("worker", worker) }} className="mono">
            {worker}
          </Link>
        </dd>
        <dt>Started</dt>
        <dd>
          <Time at={started_at} />
        </dd>
        <dt>{finished_at === null ? "For" : "Took"}</dt>
        <dd>
          <Took from={started_at} to={finished_at} />
        </dd>
      </dl>
      {error && <Failure type={error.type} message={error.message} log={error.traceback} />}
      {loss && <LossView loss={loss} told={error !== null} />}
    </article>
  );
}

/** How its worker died, where its error does not tell it, and what the error does not say. */
function LossView({ loss, told }: { loss: Loss; told: boolean }) {
  const how = [loss.reason, loss.words].filter(Boolean).join(": ") || "its worker is gone";
  return (
    <>
      {!told && <Failure type="WorkerLost" message={how} log={loss.log} />}
      {loss.outOfMemory && <p className={style["remark"]}>The kernel ended it: out of memory.</p>}
      {!loss.running && <p className={style["remark"]}>It had not begun, so it is not to blame.</p>}
    </>
  );
}

function Failure({ type, message, log }: { type: string; message: string; log: string }) {
  const lines = log.trimEnd().split("\n").length;
  return (
    <div className={style["error"]}>
      <p>
        <b>
          <bdi>{seen(type)}</bdi>
        </b>{" "}
        <bdi className={style["message"]}>{seen(message)}</bdi>
      </p>
      {log && (
        <details open={lines <= LINES_OPEN}>
          <summary>
            What it wrote <span className="quiet">{counted(lines, "line")}</span>
          </summary>
          <span className={style["copy"]}>
            <Copy value={log} what="what it wrote" />
          </span>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
          <pre className="mono" tabIndex={0}>
            <bdi>{seen(log)}</bdi>
          </pre>
        </details>
      )}
    </div>
  );
}
