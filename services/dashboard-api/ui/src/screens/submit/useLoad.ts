import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi } from "~/api/context";
import { generateJobs, type Load } from "~/api/writes";
import { tell, tellProblem } from "~/components/messages";
import { counted } from "~/format";
import { paced } from "./pacing";

/** Load that is under way: it ends when all is sent, when something is refused, or when its component goes. */
export function useLoad() {
  const api = useApi();
  const queries = useQueryClient();
  const [sent, setSent] = useState(0);
  const [running, setRunning] = useState(false);
  const stopping = useRef<AbortController | null>(null);
  useEffect(() => () => stopping.current?.abort(), []);

  const run = async (jobs: number, perSecond: number | null, load: Omit<Load, "count">) => {
    const stop = new AbortController();
    stopping.current = stop;
    setSent(0);
    setRunning(true);
    try {
      const send = (count: number) => generateJobs(api, { ...load, count });
      const all = await paced({ count: jobs, perSecond, send, tell: setSent, signal: stop.signal });
      tell(`${counted(all, "job")} submitted`);
    } catch (error) {
      tellProblem(error);
    }
    setRunning(false);
    await queries.invalidateQueries();
  };

  return { sent, running, run, stop: () => stopping.current?.abort() };
}
