/** Round steps of an upright axis, for what is not counted by tens alone. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Of things: there is no half of one. */
export const OF_THINGS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** Of lengths of time, in milliseconds. */
export const OF_TIME: readonly number[] = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 30].map((s) => s * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((m) => m * MINUTE),
  ...[1, 2, 4, 6, 12, 24, 48, 120, 240, 480, 960].map((h) => h * HOUR),
];
