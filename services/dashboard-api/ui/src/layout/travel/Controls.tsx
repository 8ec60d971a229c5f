import { ActionIcon, NativeSelect, Tooltip } from "@mantine/core";
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
} from "@tabler/icons-react";
import type { CommitView } from "~/api/types";
import { shortId } from "~/format";
import { useTravel } from "./context";
import style from "./TravelBar.module.css";
import { wordsOf } from "./words";

const SPEEDS = [1, 2, 5, 10, 30, 100];

/** Step by step through the log, or as it went: so many times as fast. */
export function Controls() {
  const { at, around, playing, play, step, speed, setSpeed } = useTravel();
  const { before, after } = around.data ?? { before: null, after: null };
  const past = at !== null;
  return (
    <div className={style["controls"]}>
      <Tooltip label={stepWords("The event before", before, ",")}>
        <ActionIcon aria-label="To the event before" disabled={!before} onClick={() => step(-1)}>
          <IconPlayerTrackPrev size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={playing ? "Stop (p)" : past ? "Play (p)" : "Choose a moment, then play"}>
        <ActionIcon
          variant={playing ? "filled" : "light"}
          color="iris"
          aria-label={playing ? "Stop" : "Play"}
          disabled={!past}
          onClick={play}
        >
          {playing ? <IconPlayerPauseFilled size={15} /> : <IconPlayerPlayFilled size={15} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={stepWords("The event after", after, ".")}>
        <ActionIcon aria-label="To the event after" disabled={!past} onClick={() => step(1)}>
          <IconPlayerTrackNext size={16} />
        </ActionIcon>
      </Tooltip>
      <NativeSelect
        size="xs"
        className={style["speed"]}
        aria-label="Speed"
        value={String(speed)}
        data={SPEEDS.map((one) => ({ value: String(one), label: `${one}×` }))}
        onChange={(event) => setSpeed(Number(event.currentTarget.value))}
      />
    </div>
  );
}

function stepWords(name: string, commit: CommitView | null, key: string): string {
  if (!commit) return `${name} (${key})`;
  const { jobId, says } = wordsOf(commit);
  return `${name}: ${[shortId(jobId), says].join(" ").trim()} (${key})`;
}
