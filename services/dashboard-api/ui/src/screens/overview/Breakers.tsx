import { Link } from "@tanstack/react-router";
import { breakers } from "~/api/reads";
import type { BreakerView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { useNow } from "~/components/clock";
import { Panel } from "~/components/Panel";
import { ago, ms } from "~/format";
import style from "./Breakers.module.css";

const WHY: Readonly<Record<string, string>> = {
  manual: "opened by a person",
  failure_ratio: "too many attempts failed",
  consecutive_failures: "attempts failed one after the other",
  probe_failed: "those let through to try failed too",
};

/** The circuits that are not closed. Where all are, there is nothing to say and nothing is shown. */
export function Breakers() {
  const { data } = useRead(breakers());
  const open = (data?.items ?? []).filter(({ state }) => state !== "closed");
  if (open.length === 0) return null;
  return (
    <Panel title="Circuit breakers">
      <ul className={style["breakers"]}>
        {open.map((breaker) => (
          <Line key={breaker.type} breaker={breaker} />
        ))}
      </ul>
    </Panel>
  );
}

function Line({ breaker: { type, state, reason, until: end } }: { breaker: BreakerView }) {
  const now = useNow();
  const about = [WHY[reason] ?? reason, state === "open" && end && `tried again ${ago(ms(end), now)}`];
  return (
    <li>
      <Link to="/types/$type" params={{ type }} className={style["breaker"]}>
        <b className="one-line">{type}</b>
        <em data-state={state}>{state.replaceAll("_", " ")}</em>
        <span className={style["about"]}>{about.filter(Boolean).join(" · ")}</span>
      </Link>
    </li>
  );
}
