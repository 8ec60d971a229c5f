import { describe, expect, it } from "vitest";
import { figuresOf } from "./figures";

const COUNTS = { pending: 4, processing: 1, completed: 90, failed: 5, cancelled: 0, total: 100 };
const LIST = { total: 97, exact: true };
const told = (q: string) => figuresOf(q, LIST, COUNTS);

describe("the numbers of the list of jobs", () => {
  it("are all of one reading where only statuses are asked for", () => {
    expect(told("")).toEqual({ total: 100, exact: true, counts: COUNTS });
    expect(told("status:failed")).toEqual({ total: 5, exact: true, counts: COUNTS });
    expect(told("status:failed status:pending status:failed").total).toBe(9);
  });

  it("are those of the list where anything else is asked for, and the statuses have none", () => {
    expect(told("status:failed type:mail")).toEqual({ ...LIST, counts: undefined });
    expect(told("needle")).toEqual({ ...LIST, counts: undefined });
    expect(told("status:fail*")).toEqual({ ...LIST, counts: undefined });
  });

  it("are those of the list until the figures are there", () => {
    expect(figuresOf("", { total: 3, exact: false }, undefined)).toEqual({
      total: 3,
      exact: false,
      counts: undefined,
    });
  });
});
