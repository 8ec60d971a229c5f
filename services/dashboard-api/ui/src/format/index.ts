/** How the dashboard writes numbers, times, ids and states: everywhere the same. */

export { duration, readDuration } from "./durations";
export { isJobId, shortId } from "./ids";
export { bytes, compact, count, counted, NOTHING, rate, share, significant } from "./numbers";
export { PRIORITIES, PRIORITY_MAX, priority, readPriority } from "./priorities";
export { ended, isPhase, isStatus, PHASES, type Phase, STATUSES, type Status, statusOf } from "./states";
export { ago, between, coarse, exact, moment, ms, precise, until } from "./times";
