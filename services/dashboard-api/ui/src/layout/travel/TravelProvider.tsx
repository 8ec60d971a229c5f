/** Travelling in time: the moment is in the address; this says where it goes next, and plays. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type PropsWithChildren, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useApi, useMoment, useMomentMs } from "~/api/context";
import { momentAt } from "~/api/moments";
import { commitsAround, moments } from "~/api/reads";
import { readOptions, useRead } from "~/api/useRead";
import { ms } from "~/format";
import { type Travel, TravelContext } from "./context";
import { Player } from "./player";

const TICK_MS = 50;
/** Nothing tells of new moments while the stream is off. */
const LOOK_AGAIN_MS = 15_000;

export function TravelProvider({ children }: PropsWithChildren) {
  const api = useApi();
  const at = useMomentMs();
  const [wanted, setWanted] = useState(false);
  const opened = wanted || at !== null;
  const { data: log, dataUpdatedAt } = useQuery({
    ...readOptions(api, moments(), undefined),
    enabled: opened,
    refetchInterval: at === null ? false : LOOK_AGAIN_MS,
  });
  const skew = log ? (ms(log.now) ?? dataUpdatedAt) - dataUpdatedAt : 0;
  const now = useCallback(() => Date.now() + skew, [skew]);
  const around = useRead(commitsAround(), { enabled: opened });
  const moving = useMoving(now);
  const { go, leave, stop } = moving;

  const step = useCallback(
    (by: -1 | 1) => {
      if (around.isPlaceholderData || !around.data) return;
      stop();
      const commit = by < 0 ? around.data.before : around.data.after;
      if (commit) go(commit.offset, at !== null);
      else if (by > 0) leave();
    },
    [around.data, around.isPlaceholderData, at, go, leave, stop],
  );
  const toggle = useCallback(() => {
    if (opened && at !== null) leave();
    setWanted(!opened);
  }, [opened, at, leave]);

  const travel: Travel = {
    ...moving,
    opened,
    toggle,
    at,
    log,
    around: { data: around.data, still: around.isPlaceholderData },
    now,
    step,
  };
  return <TravelContext value={travel}>{children}</TravelContext>;
}

/** Where it goes, and how fast. `now`: the time of the server. */
function useMoving(now: () => number) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const moment = useMoment();
  const at = useMomentMs();
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [aim, setAim] = useState<number | null>(null);
  const shown = useRef<string>(undefined);

  const go = useCallback(
    (to: string | undefined, replace = false) => {
      shown.current = to;
      setAim(null);
      void navigate({ to: ".", search: (before: object) => ({ ...before, as_of: to }), replace });
    },
    [navigate],
  );
  const latest = useRef({ at, go, now });
  useEffect(() => {
    latest.current = { at, go, now };
  });
  const [player] = useState(
    () =>
      new Player({
        clock: () => performance.now(),
        now: () => latest.current.now(),
        busy: () => queries.isFetching() > 0,
        show: (to) => latest.current.go(momentAt(to), latest.current.at !== null),
        goLive: () => latest.current.go(undefined, true),
      }),
  );
  const ticking = playing || aim !== null;
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => {
      player.tick(document.hidden);
      setPlaying(player.playing);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [ticking, player]);

  // Somebody else went to a moment: a link, or the browser's Back.
  useEffect(() => {
    if (moment === shown.current) return;
    shown.current = moment;
    setAim(null);
    player.pause();
    setPlaying(false);
  }, [moment, player]);

  return useMemo(() => {
    const stop = () => {
      player.pause();
      setPlaying(false);
    };
    return {
      playing,
      speed,
      aim,
      go,
      stop,
      seek: (to: number) => {
        setAim(to);
        player.seek(to);
      },
      leave: () => {
        stop();
        go(undefined);
      },
      play: () => {
        if (player.playing) stop();
        else if (at !== null) {
          player.play(at);
          setPlaying(true);
        }
      },
      setSpeed: (to: number) => {
        player.setSpeed(to);
        setSpeed(to);
      },
    };
  }, [player, playing, speed, aim, go, at]);
}
