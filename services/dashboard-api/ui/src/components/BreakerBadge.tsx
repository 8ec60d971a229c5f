import { IconCircleCheck, IconCircleHalf2, IconPlugConnectedX } from "@tabler/icons-react";
import style from "./BreakerBadge.module.css";

const WORDS: Readonly<Record<string, string>> = {
  closed: "its jobs may start",
  half_open: "some of its jobs may start, to see whether they succeed",
  open: "none of its jobs may start",
};

interface BreakerBadgeProps {
  state: string;
  /** Without a ground: in lists, where most are alike. */
  quiet?: boolean;
  /** Says that it is a breaker's: where no column does. */
  named?: boolean;
}

/** The state of a type's circuit breaker: sign, word and colour. */
export function BreakerBadge({ state, quiet = false, named = false }: BreakerBadgeProps) {
  const Sign =
    state === "open" ? IconPlugConnectedX : state === "half_open" ? IconCircleHalf2 : IconCircleCheck;
  return (
    <span
      className={style["badge"]}
      data-state={state}
      data-quiet={quiet || undefined}
      title={`circuit breaker ${state.replace("_", " ")}: ${WORDS[state] ?? ""}`}
    >
      <Sign size={13} aria-hidden="true" />
      {named && "breaker "}
      {state.replace("_", " ")}
    </span>
  );
}
