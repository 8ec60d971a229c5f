/** The names that the search box can complete: those of this system. */

import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { queues, types, workers } from "~/api/reads";
import type { JobPage } from "~/api/types";
import { useRead } from "~/api/useRead";
import type { Vocabulary } from "./completion";

const TAGS_MOST = 50;

/** Reads the names once somebody is about to search. Tags are those of jobs that were listed lately. */
export function useVocabulary(enabled: boolean): Vocabulary {
  const client = useQueryClient();
  const { data: known } = useRead(types(), { enabled });
  const { data: lines } = useRead(queues(), { enabled });
  const { data: fleet } = useRead(workers(), { enabled });
  return useMemo(() => {
    const pages = client.getQueriesData<{ pages?: JobPage[] }>({ queryKey: ["jobs"] });
    const tags = new Set<string>();
    for (const [, data] of pages) {
      for (const job of data?.pages?.flatMap(({ items }) => items) ?? []) {
        for (const [name, value] of Object.entries(job.tags))
          if (tags.size < TAGS_MOST) tags.add(`${name}=${value}`);
      }
    }
    return {
      types: known?.items.map(({ type }) => type) ?? [],
      queues: lines?.items.map(({ name }) => name) ?? [],
      workers: fleet?.items.map(({ id }) => id) ?? [],
      tags: [...tags].sort(),
    };
  }, [client, known, lines, fleet]);
}
