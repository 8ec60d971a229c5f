/** How components travel in time. */

import { createContext, useContext } from "react";
import type { Around, Moments } from "~/api/types";

export interface Travel {
  /** Whether the bar is there. It is in the past, always. */
  opened: boolean;
  /** Opens the bar; closes it, and is back at now. */
  toggle: () => void;
  /** The time looked at; null is now. */
  at: number | null;
  /** What is known of the log; undefined before it has answered. */
  log: Moments | undefined;
  /** The commits around the time looked at; `still` while they are those of the time before. */
  around: { data: Around | undefined; still: boolean };
  /** The time of the server. */
  now: () => number;
  playing: boolean;
  speed: number;
  /** Where it goes as soon as it can. */
  aim: number | null;
  seek: (ms: number) => void;
  /** Goes to a moment, so that Back leads here. */
  go: (moment: string) => void;
  /** To the commit before, or behind. */
  step: (by: -1 | 1) => void;
  leave: () => void;
  /** Plays, or stops. */
  play: () => void;
  setSpeed: (speed: number) => void;
}

export const TravelContext = createContext<Travel | null>(null);

export function useTravel(): Travel {
  const travel = useContext(TravelContext);
  if (travel === null) throw new Error("useTravel is used outside of TravelProvider");
  return travel;
}
