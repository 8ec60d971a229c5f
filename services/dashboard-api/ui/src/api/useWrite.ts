/** Doing something: the write, then everything is read anew; a failure is shown in the server's words. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { tell, tellProblem } from "~/components/messages";
import type { ApiClient } from "./client";
import { useApi, useMoment } from "./context";
import { ProblemError } from "./http";

/** Why nothing can be done while another moment than now is looked at. */
export const ONLY_NOW = "The past cannot be changed. Go back to now first.";

interface Doing<V, T> {
  write: (api: ApiClient, what: V) => Promise<T>;
  /** What to say when it is done; nothing is said without. */
  done?: (answer: T, what: V) => string;
}

/** Returns a mutation. `mutate(what)` does it; `isPending` tells that it is under way. In the past it refuses. */
export function useWrite<V, T>({ write, done }: Doing<V, T>) {
  const api = useApi();
  const queries = useQueryClient();
  const past = useMoment() !== undefined;
  return useMutation({
    mutationFn: async (what: V) => {
      if (past) throw new ProblemError(409, "Not in the past", ONLY_NOW);
      return await write(api, what);
    },
    onSuccess: (answer, what) => {
      if (done) tell(done(answer, what));
      return queries.invalidateQueries();
    },
    onError: (error) => {
      tellProblem(error);
    },
  });
}
