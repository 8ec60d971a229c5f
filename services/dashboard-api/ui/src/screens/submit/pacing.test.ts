import { expect, test } from "vitest";
import { due, paced } from "./pacing";

test("without a rate everything is due at once; with one, second by second", () => {
  expect(due(1_000, null, 0)).toBe(1_000);
  expect(due(1_000, 100, 0)).toBe(1);
  expect(due(1_000, 100, 2_000)).toBe(201);
  expect(due(1_000, 100, 60_000)).toBe(1_000);
  expect(due(10, 0.5, 3_000)).toBe(2);
});

test("it stops when it is told to, and says how far it came", async () => {
  const stop = new AbortController();
  const told: number[] = [];
  const sent = await paced({
    count: 1_000,
    perSecond: 1,
    send: () => Promise.resolve(stop.abort()),
    tell: (so) => told.push(so),
    signal: stop.signal,
  });
  expect([sent, told]).toEqual([1, [1]]);
});
