/** Keeps what is shown current: opens the stream while somebody looks, and has read anew what its events made old. */

import { useQueryClient } from "@tanstack/react-query";
import { type PropsWithChildren, useEffect, useState } from "react";
import { useApi, useMoment } from "~/api/context";
import type { Topic } from "~/api/reads";
import { readAnew } from "./anew";
import { Beginning } from "./beginning";
import { LiveContext } from "./context";
import { Refresher } from "./refresher";
import { LiveStream } from "./stream";
import { touched } from "./topics";

/** Without the stream, what is shown is read anew so often. */
const POLL_MS = 5_000;

export function LiveProvider({ children }: PropsWithChildren) {
  const api = useApi();
  const queries = useQueryClient();
  const [beginning] = useState(
    () =>
      new Beginning((paths, offset) => {
        api.written.remember(offset);
        void readAnew(queries, { predicate: ({ queryKey: [, , path] }) => paths.has(String(path)) });
      }),
  );
  const [stream] = useState(
    () =>
      new LiveStream(
        () => new EventSource(api.dashboardUrl("/events", { pulse: true, skip: true })),
        () => void readAnew(queries),
        (offset) => beginning.began(offset),
      ),
  );
  useEffect(() => api.onAnswer((path, offset) => beginning.answered(path, offset)), [api, beginning]);
  useRefreshing(stream);
  usePolling(stream);
  const inPast = useMoment() !== undefined;

  useEffect(() => {
    const look = () => stream.hide(document.hidden || inPast);
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      stream.close();
    };
  }, [stream, inPast]);

  return <LiveContext value={stream}>{children}</LiveContext>;
}

function useRefreshing(stream: LiveStream): void {
  const queries = useQueryClient();
  useEffect(() => {
    const refresh = (topic: Topic, jobs: ReadonlySet<string> | null) =>
      readAnew(queries, {
        queryKey: [topic],
        predicate: ({ queryKey: [, jobId], meta }) =>
          meta?.["paged"] !== true && (jobs === null || jobs.has(String(jobId))),
      });
    const refresher = new Refresher(refresh);
    const leave = stream.onBatch((batch) => {
      const { topics, jobs } = touched(batch);
      refresher.touch(topics, jobs);
    });
    return () => {
      leave();
      refresher.close();
    };
  }, [stream, queries]);
}

function usePolling(stream: LiveStream): void {
  const queries = useQueryClient();
  useEffect(() => {
    const timer = setInterval(() => {
      if (stream.status.state === "reconnecting") void readAnew(queries);
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [stream, queries]);
}
