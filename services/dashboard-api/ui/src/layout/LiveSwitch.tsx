import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconHistory, IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useMoment } from "~/api/context";
import { rate } from "~/format";
import { useLive, useLiveStatus } from "~/live/context";
import type { LiveState } from "~/live/stream";
import style from "./LiveSwitch.module.css";
import { useTravel } from "./travel/context";

const WORDS: Readonly<Record<LiveState, { name: string; about: string }>> = {
  connecting: { name: "Connecting", about: "The stream of events is being opened." },
  live: { name: "Live", about: "Shows what happens as it happens. Press to pause (p)." },
  reconnecting: { name: "Offline", about: "The stream of events broke; it is being opened again." },
  paused: { name: "Paused", about: "Nothing changes by itself. Press to go on (p)." },
  hidden: { name: "Resting", about: "Nothing is followed while nobody looks." },
};

/** The state of the connection, and the switch between live and paused; in the past, the way back. */
export function LiveSwitch() {
  return useMoment() === undefined ? <Switch /> : <NotLive />;
}

function NotLive() {
  const { leave } = useTravel();
  return (
    <Tooltip label="What you see is over. Press to see what is now.">
      <UnstyledButton
        className={style["switch"]}
        data-state="past"
        aria-label="In the past. Go live"
        onClick={leave}
      >
        <IconHistory size={13} />
        <span>Past</span>
      </UnstyledButton>
    </Tooltip>
  );
}

function Switch() {
  const live = useLive();
  const { state, rate: events } = useLiveStatus();
  const paused = state === "paused";
  const { name, about } = WORDS[state];
  const busy = state === "live" && events > 0 ? ` ${rate(events)} events.` : "";
  return (
    <Tooltip label={`${about}${busy}`} multiline maw={260}>
      <UnstyledButton
        className={style["switch"]}
        data-state={state}
        aria-pressed={paused}
        aria-label={`${name}. ${paused ? "Go on live" : "Pause"}`}
        onClick={() => live.pause(!paused)}
      >
        <span className={style["dot"]} />
        <span>{name}</span>
        {paused ? <IconPlayerPlayFilled size={12} /> : <IconPlayerPauseFilled size={12} />}
      </UnstyledButton>
    </Tooltip>
  );
}
