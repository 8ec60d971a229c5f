import { describe, expect, it } from "vitest";
import {
  ago,
  bytes,
  compact,
  counted,
  duration,
  isJobId,
  rate,
  readDuration,
  readPriority,
  share,
  shortId,
  until,
} from ".";

describe("durations", () => {
  it("have at most two units, and none that is full", () => {
    const written = [
      0, 0.85, 12, 999, 999.7, 3_210, 59_940, 59_990, 60_000, 250_000, 3_599_600, 7_500_000, 273_600_000,
    ];
    expect(written.map((ms) => duration(ms))).toEqual([
      "0 ms",
      "850 µs",
      "12 ms",
      "999 ms",
      "1 s",
      "3.2 s",
      "1 m",
      "1 m",
      "1 m",
      "4 m 10 s",
      "1 h",
      "2 h 5 m",
      "3 d 4 h",
    ]);
  });

  it("are read as they are written", () => {
    expect(["90s", "1.5h", "2m30s", "500ms", "1d"].map(readDuration)).toEqual([
      90_000, 5_400_000, 150_000, 500, 86_400_000,
    ]);
    expect(["", "5", "h", "1y", "1h "].map(readDuration)).toEqual([null, null, null, null, null]);
  });
});

describe("numbers", () => {
  it("are short where there is little room", () => {
    expect([0, 9_999, 12_345, 1_234_567].map(compact)).toEqual(["0", "9,999", "12.3K", "1.23M"]);
    expect([null, 0, 0.01, 0.25, 12, 3_400].map(rate)).toEqual([
      "–",
      "0/s",
      "0.6/min",
      "0.25/s",
      "12/s",
      "3,400/s",
    ]);
    expect([0, 0.0001, 0.055, 0.42, 0.9999, 1].map(share)).toEqual([
      "0 %",
      "<0.1 %",
      "5.5 %",
      "42 %",
      ">99.9 %",
      "100 %",
    ]);
    expect([0, 1023, 1536, 5_242_880].map(bytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "5 MiB"]);
    expect([counted(1, "job"), counted(1200, "job")]).toEqual(["1 job", "1,200 jobs"]);
  });
});

describe("times", () => {
  it("are relative in one unit", () => {
    const now = 1_000_000_000;
    expect([now - 300, now - 12_900, now - 7_300_000, now + 90_000].map((at) => ago(at, now))).toEqual([
      "now",
      "12 s ago",
      "2 h ago",
      "in 1 m",
    ]);
    expect(until(now + 250_000, now)).toBe("in 4 m 10 s");
  });
});

describe("ids and priorities", () => {
  it("are told apart by their shape", () => {
    expect(isJobId("06ce3q8v2k9m4x7b1n5t8r2y00")).toBe(false);
    expect(isJobId("06ce3q8v2k9m4x7b1n5t8r00")).toBe(true);
    expect(shortId("06ce3q8v2k9m4x7b1n5t8r00")).toBe("7b1n5t8r");
    expect(["high", "7", "21", "x"].map(readPriority)).toEqual([15, 7, null, null]);
  });
});
