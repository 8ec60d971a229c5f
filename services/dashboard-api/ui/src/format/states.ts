/** What statuses and phases are called, and what they mean. */

export const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

export const PHASES = {
  scheduled: "waits for its time",
  blocked: "waits for other jobs",
  held: "in line; its queue is paused",
  ready: "in line for a worker",
  retrying: "failed; waits for its next attempt",
  running: "a worker runs it",
  cancelling: "being interrupted",
  completed: "returned its result",
  dead: "failed for good",
  cancelled: "will not run",
} as const;
export type Phase = keyof typeof PHASES;

const STATUS_OF: Readonly<Record<Phase, Status>> = {
  scheduled: "pending",
  blocked: "pending",
  held: "pending",
  ready: "pending",
  retrying: "pending",
  running: "processing",
  cancelling: "processing",
  completed: "completed",
  dead: "failed",
  cancelled: "cancelled",
};

export function isStatus(text: string): text is Status {
  return (STATUSES as readonly string[]).includes(text);
}

export function isPhase(text: string): text is Phase {
  return text in PHASES;
}

export function statusOf(phase: Phase): Status {
  return STATUS_OF[phase];
}

/** Whether a job in this status has ended. */
export function ended(status: string): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}
