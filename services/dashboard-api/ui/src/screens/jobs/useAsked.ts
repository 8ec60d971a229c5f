import { useMemo } from "react";
import { queues, types } from "~/api/reads";
import { useRead } from "~/api/useRead";
import { asked, needsNames } from "~/search/parameters";

/** What a text asks the API for, with the names that its `*` stand for. */
export function useAsked(q: string) {
  const enabled = needsNames(q);
  const { data: known } = useRead(types(), { enabled });
  const { data: lines } = useRead(queues(), { enabled });
  const typeNames = known?.items.map(({ type }) => type).join("\n") ?? "";
  const queueNames = lines?.items.map(({ name }) => name).join("\n") ?? "";
  return useMemo(
    () => asked(q, { types: typeNames.split("\n"), queues: queueNames.split("\n") }),
    [q, typeNames, queueNames],
  );
}
