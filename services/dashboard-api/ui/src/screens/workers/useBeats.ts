/** Heartbeats are no events, so the stream does not tell of them: while this screen is looked at, they are asked for. */

import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLiveStatus } from "~/live/context";

const EVERY_MS = 4_000;

export function useBeats({ refetch }: Pick<UseQueryResult, "refetch">): void {
  const { state } = useLiveStatus();
  useEffect(() => {
    if (state !== "live") return;
    const timer = setInterval(() => void refetch(), EVERY_MS);
    return () => clearInterval(timer);
  }, [state, refetch]);
}
