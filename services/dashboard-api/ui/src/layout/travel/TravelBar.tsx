import { Button, CloseButton, Kbd, NativeSelect } from "@mantine/core";
import { IconClockPlay, IconHistory } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "~/api/context";
import { moments } from "~/api/reads";
import { readOptions } from "~/api/useRead";
import { useWallClock } from "~/components/clock";
import { JobId } from "~/components/JobId";
import { duration, exact, ms, precise } from "~/format";
import { Controls } from "./Controls";
import { useTravel } from "./context";
import { GoTo } from "./GoTo";
import { Scrubber } from "./Scrubber";
import { ALL, lengthsFor, type Range, rangeAround, usualLength } from "./span";
import style from "./TravelBar.module.css";
import { wordsOf } from "./words";

/** The bar under the header: which moment is looked at, and everything that leads to another. */
export function TravelBar() {
  const { at, log, leave, toggle, now } = useTravel();
  useWallClock();
  const latest = now();
  const past = at !== null;
  return (
    <section className={style["bar"]} data-past={past || undefined} aria-label="Time travel">
      <Controls />
      <div className={style["moment"]}>
        {past ? <AsItWas at={at} now={latest} /> : <Now />}
        <Happened />
      </div>
      <div className={style["tools"]}>
        <GoTo />
        {past ? (
          <Button color="orange" variant="filled" autoContrast className={style["back"]} onClick={leave}>
            Back to now
            <Kbd size="xs" ml={8} visibleFrom="sm">
              Esc
            </Kbd>
          </Button>
        ) : (
          <CloseButton aria-label="Close time travel" onClick={toggle} />
        )}
      </div>
      {log && <Line log={{ from: ms(log.earliest?.at) ?? latest, to: latest }} />}
    </section>
  );
}

function AsItWas({ at, now }: { at: number; now: number }) {
  return (
    <p className={style["words"]} title={exact(at)}>
      <IconHistory size={16} />
      <span>
        As it was at <b className="numbers">{precise(at, now)}</b>
      </span>
      <span className={style["ago"]}>{duration(Math.max(0, Math.floor((now - at) / 1000) * 1000))} ago</span>
    </p>
  );
}

function Now() {
  return (
    <p className={style["words"]}>
      <IconClockPlay size={16} />
      <span>
        <b>Now.</b>{" "}
        <span className={style["hint"]}>Drag along the line, or step back, to see how it was.</span>
      </span>
    </p>
  );
}

/** What happened last, at the moment looked at. */
function Happened() {
  const { around } = useTravel();
  const here = around.data?.here;
  if (!here) return around.data ? <p className={style["happened"]}>Nothing had happened yet.</p> : null;
  const { jobId, says } = wordsOf(here);
  return (
    <p className={`${style["happened"]} one-line`} title={`${says}: ${here.offset}`}>
      {jobId && <JobId id={jobId} copy={false} />} <bdi>{says}</bdi>
    </p>
  );
}

function Line({ log }: { log: Range }) {
  const api = useApi();
  const { at, aim, now, seek } = useTravel();
  const [length, setLength] = useState<string>();
  const lengths = lengthsFor(log);
  const chosen = length !== undefined && lengths.includes(length) ? length : usualLength(log);
  const here = aim ?? at ?? log.to;
  const [kept, setKept] = useState<Range | null>(null);
  const range = rangeAround(chosen, log, here, kept);
  if (chosen !== ALL && range !== kept) setKept(range);
  const { data } = useQuery({
    ...readOptions(api, moments(chosen === ALL ? undefined : range), undefined),
    placeholderData: keepPreviousData,
  });
  return (
    <div className={style["line"]}>
      <Scrubber
        range={range}
        log={log}
        at={here}
        now={now()}
        activity={data?.series ?? []}
        stepMs={data?.step_ms ?? 1}
        onSeek={seek}
      />
      {lengths.length > 1 && (
        <NativeSelect
          size="xs"
          className={style["length"]}
          aria-label="How much of the log"
          value={chosen}
          data={lengths}
          onChange={(event) => setLength(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
