/** A job's state: colour, symbol and word, everywhere the same. Colour is never the only sign. */

import {
  type Icon,
  IconBan,
  IconCalendarClock,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconHourglassLow,
  IconLink,
  IconLoader2,
  IconPlayerPause,
  IconRotateClockwise,
} from "@tabler/icons-react";
import { isPhase, isStatus, PHASES, type Phase, type Status, statusOf } from "~/format";
import style from "./StateBadge.module.css";

const OF_STATUS: Readonly<Record<Status, Icon>> = {
  pending: IconCircleDashed,
  processing: IconLoader2,
  completed: IconCircleCheckFilled,
  failed: IconCircleXFilled,
  cancelled: IconBan,
};
const OF_PHASE: Readonly<Partial<Record<Phase, Icon>>> = {
  scheduled: IconCalendarClock,
  blocked: IconLink,
  held: IconPlayerPause,
  ready: IconHourglassLow,
  retrying: IconRotateClockwise,
};

/** The symbol of a status or phase alone; `title` is read out where no word stands beside it. */
export function StateSymbol({ state, size = 15, title }: { state: string; size?: number; title?: string }) {
  const status = statusFor(state);
  const Sign = (isPhase(state) && OF_PHASE[state]) || OF_STATUS[status];
  const label = title ? { role: "img", "aria-label": title } : { "aria-hidden": true };
  return (
    <span className={style.symbol} data-status={status} data-state={state} {...label}>
      <Sign size={size} stroke={2} />
    </span>
  );
}

/** Sign and word of a job's phase, on the ground of its status. */
export function StateBadge({ state }: { state: string }) {
  return (
    <span
      className={style.badge}
      data-status={statusFor(state)}
      title={isPhase(state) ? PHASES[state] : undefined}
    >
      <StateSymbol state={state} size={13} />
      {state}
    </span>
  );
}

/** The status that gives a state its colour; what is unknown looks cancelled. */
export function statusFor(state: string): Status {
  if (isStatus(state)) return state;
  return isPhase(state) ? statusOf(state) : "cancelled";
}
