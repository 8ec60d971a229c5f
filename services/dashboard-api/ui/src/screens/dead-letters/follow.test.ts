import { expect, test } from "vitest";
import { Follow } from "./follow";

const redriven = (jobId: string, redrive: string) => ({ tag: "job.redriven", jobId, redrive });
const told = (tag: string, jobId: string) => ({ tag, jobId, redrive: undefined });

test("each job of a redrive is counted once, as it ends", () => {
  const follow = new Follow();
  for (const event of [redriven("a", "r-1"), redriven("b", "r-1"), redriven("c", "r-2")]) follow.take(event);
  expect(follow.take(told("job.started", "a"))).toBe(false);
  expect(follow.take(told("job.succeeded", "a"))).toBe(true);
  follow.take(told("job.dead_lettered", "b"));
  follow.take(told("job.dead_lettered", "b"));
  follow.take(told("job.succeeded", "unrelated"));
  expect(follow.fateOf("r-1")).toEqual({ completed: 1, deadAgain: 1, cancelled: 0 });
  expect(follow.fateOf("r-2")).toEqual({ completed: 0, deadAgain: 0, cancelled: 0 });
});
