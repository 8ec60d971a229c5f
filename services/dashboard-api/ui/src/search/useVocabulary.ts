/** The names that the search box can complete: those of this system. */

import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { deadLetters, queues, types, workers } from "~/api/reads";
import type { JobPage, JobView } from "~/api/types";
import { useRead } from "~/api/useRead";
import type { Vocabulary } from "./completion";
import { pathsOf } from "./payload-paths";

const TAGS_MOST = 50;
const JOBS_MOST = 300;
const WORDS_MOST = 80;

/** Reads the names once somebody is about to search. Tags and payloads are those of jobs that were listed lately. */
export function useVocabulary(enabled: boolean): Vocabulary {
  const client = useQueryClient();
  const { data: known } = useRead(types(), { enabled });
  const { data: lines } = useRead(queues(), { enabled });
  const { data: fleet } = useRead(workers(), { enabled });
  const { data: dead } = useRead(deadLetters({ limit: 1 }), { enabled });
  return useMemo(() => {
    const listed: JobView[] = enabled
      ? client
          .getQueriesData<{ pages?: JobPage[] }>({ queryKey: ["jobs"] })
          .flatMap(([, data]) => data?.pages?.flatMap(({ items }) => items) ?? [])
          .slice(0, JOBS_MOST)
      : [];
    const tags = new Set(
      listed.flatMap((job) => Object.entries(job.tags).map(([name, value]) => `${name}=${value}`)),
    );
    return {
      types: known?.items.map(({ type }) => type) ?? [],
      queues: lines?.items.map(({ name }) => name) ?? [],
      workers: fleet?.items.map(({ id }) => id) ?? [],
      tags: [...tags].slice(0, TAGS_MOST).sort(),
      errors:
        dead?.groups.map(({ fingerprint, error_type: type, message }) => [
          fingerprint,
          `${type}: ${message}`.slice(0, WORDS_MOST),
        ]) ?? [],
      payloads: pathsOf(listed.map(({ payload }) => payload)),
    };
  }, [client, enabled, known, lines, fleet, dead]);
}
