/** Whether the moment that the address says can be shown, and if not, why. */

import { useMoment } from "~/api/context";
import { ProblemError } from "~/api/http";
import { msOf } from "~/api/moments";
import { commitsAround } from "~/api/reads";
import { useRead } from "~/api/useRead";
import type { Refusal } from "./NoSuchMoment";

/** The clocks of a browser and a server differ. */
const CLOCKS_DIFFER_MS = 60_000;

/** What is wrong with a moment of itself, before anybody is asked. */
export function wrongOf(moment: string | undefined, now: number): Refusal | undefined {
  if (moment === undefined) return undefined;
  const at = msOf(moment);
  if (at === null) return "malformed";
  return at > now + CLOCKS_DIFFER_MS ? "ahead" : undefined;
}

/** Whether the server refuses the moment that is looked at. */
export function useForgotten(): Refusal | undefined {
  const moment = useMoment();
  const { error } = useRead(commitsAround(), { enabled: moment !== undefined });
  if (moment === undefined || !(error instanceof ProblemError)) return undefined;
  if (error.status === 422) return "forgotten";
  return error.status === 400 ? "malformed" : undefined;
}
