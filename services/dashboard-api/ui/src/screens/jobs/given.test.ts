import { describe, expect, it } from "vitest";
import { given } from "./given";

describe("a payload in a line", () => {
  it("is its names and values, without quotation marks", () => {
    const payload = { path: "a b.jpg", width: 480, user: { id: 7 }, none: null, empty: "" };
    expect(given(payload)).toEqual([
      ["path", "a b.jpg"],
      ["width", "480"],
      ["user", '{"id":7}'],
      ["none", "null"],
      ["empty", '""'],
    ]);
    expect(given([1, 2])).toEqual([["", "[1,2]"]]);
  });

  it("is void where nothing was given, and never long", () => {
    expect([given(null), given(undefined), given({})]).toEqual([[], [], []]);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, "x".repeat(9_999)]));
    expect(given(many)).toHaveLength(8);
    expect(given(many)[0]?.[1]).toHaveLength(120);
  });
});
