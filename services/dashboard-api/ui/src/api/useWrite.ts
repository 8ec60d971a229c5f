/** Doing something: the write, then everything is read anew; a failure is shown in the server's words. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { tell, tellProblem } from "~/components/messages";
import type { ApiClient } from "./client";
import { useApi } from "./context";

interface Doing<V, T> {
  write: (api: ApiClient, what: V) => Promise<T>;
  /** What to say when it is done; nothing is said without. */
  done?: (answer: T, what: V) => string;
}

/** Returns a mutation. `mutate(what)` does it; `isPending` tells that it is under way. */
export function useWrite<V, T>({ write, done }: Doing<V, T>) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (what: V) => write(api, what),
    onSuccess: (answer, what) => {
      if (done) tell(done(answer, what));
      return queries.invalidateQueries();
    },
    onError: (error) => {
      tellProblem(error);
    },
  });
}
