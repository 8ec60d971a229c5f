import type { Counts } from "~/api/types";

/** The part of the jobs that ran to their end which completed; null where none did. */
export function success({ completed, failed }: Counts): number | null {
  return completed + failed === 0 ? null : completed / (completed + failed);
}
