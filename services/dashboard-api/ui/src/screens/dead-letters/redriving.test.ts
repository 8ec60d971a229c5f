import { expect, test } from "vitest";
import { howOf } from "./redriving";

test("a canary is a limit, and never more than there are", () => {
  expect(howOf({ scope: "canary", canary: 5, rate: 10, stop: 3 }, 1_200)).toEqual({
    how: { limit: 5, rate_per_s: 10, stop_on_failures: 3 },
    jobs: 5,
  });
  expect(howOf({ scope: "canary", canary: 5, rate: "", stop: "" }, 2)).toEqual({
    how: { limit: 5 },
    jobs: 2,
  });
});

test("all of them have no limit of ours; an empty canary is none", () => {
  expect(howOf({ scope: "all", canary: "", rate: 0.5, stop: "" }, 250_000)).toEqual({
    how: { rate_per_s: 0.5 },
    jobs: 100_000,
  });
  expect(howOf({ scope: "canary", canary: "", rate: "", stop: "" }, 3).jobs).toBe(0);
});
