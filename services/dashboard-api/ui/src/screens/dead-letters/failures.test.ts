import { expect, test } from "vitest";
import { barsOf, failuresInWords } from "./failures";

const STEPS = { since: "2026-01-01T00:00:00Z", step_ms: 75_000 };
const SERIES = [0, 2, 0, 8, ...Array.from({ length: 44 }, () => 0)];

test("bars are as high as they are parts of the tallest, and say how many there were", () => {
  const bars = barsOf(SERIES, STEPS);
  expect(bars.map(({ height }) => height).slice(0, 4)).toEqual([0, 0.25, 0, 1]);
  expect(bars[3]?.words).toMatch(/^8 from /);
  expect(barsOf([0, 0], STEPS).map(({ height }) => height)).toEqual([0, 0]);
});

test("the whole is said in words", () => {
  expect(failuresInWords(SERIES, STEPS)).toMatch(/^10 in the last 1 h, the most at once 8, from 1 Jan 2026/);
});
