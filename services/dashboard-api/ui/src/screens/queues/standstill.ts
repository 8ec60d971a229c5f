/** Why nothing leaves a queue in which jobs are in line. Pure. */

import type { HeldBack, QueueView } from "~/api/types";
import { count, counted } from "~/format";

export interface Standstill {
  /** For a cell of a table. */
  short: string;
  /** For a title, or a notice. */
  words: string;
}

/** Returns why none of its jobs starts, or why it is not known when the last of them will; null where they just go on. */
export function standstill(queue: QueueView): Standstill | null {
  const { depth, paused, held_back: held, eta_ms: eta, processing } = queue;
  if (depth === 0) return null;
  if (paused)
    return { short: "paused", words: "The queue is paused: none of its jobs starts until it goes on." };
  const jobs = held.reduce((sum, one) => sum + one.jobs, 0);
  if (jobs >= depth) return { short: shortOf(held), words: held.map(heldInWords).join(" ") };
  if (eta !== null) return null;
  if (processing > 0) {
    const which = processing === 1 ? "job of it runs" : "jobs of it run";
    return {
      short: "workers busy",
      words: `${count(processing)} ${which}, and none has started in the last minute: the workers have no slot free.`,
    };
  }
  return {
    short: "not moving",
    words: "None of its jobs has started in the last minute, though there are workers for them.",
  };
}

/** "288 jobs of webhook.deliver wait: its circuit breaker is open." */
export function heldInWords({ type, reason, jobs }: HeldBack): string {
  const which = `${counted(jobs, "job")} of ${type} ${jobs === 1 ? "waits" : "wait"}`;
  return reason === "circuit_open"
    ? `${which}: its circuit breaker is not closed.`
    : `${which}: no worker of this queue knows the type.`;
}

function shortOf(held: readonly HeldBack[]): string {
  const reasons = new Set(held.map(({ reason }) => reason));
  if (reasons.size > 1) return "held back";
  return reasons.has("circuit_open") ? "breaker open" : "no worker";
}
