import { describe, expect, test } from "vitest";
import { momentAt, msOf } from "~/api/moments";
import { PATIENCE_MS, PAUSE_MS, Player } from "./player";
import { lengthsFor, placeIn, rangeAround, timeAt, usualLength } from "./span";
import { wordsOf } from "./words";
import { readMoment, writeMoment } from "./written";

const T = Date.parse("2026-11-22T10:17:04.276Z");
const HOUR = 3_600_000;

class Stage {
  clock = 0;
  busy = false;
  shown: number[] = [];
  live = 0;
  now = T + HOUR;
  readonly player = new Player({
    clock: () => this.clock,
    now: () => this.now,
    busy: () => this.busy,
    show: (ms) => this.shown.push(ms),
    goLive: () => this.live++,
  });

  /** Lets time pass, in ticks of 50 ms. */
  pass(ms: number, asleep = false): void {
    for (const end = this.clock + ms; this.clock < end; ) {
      this.clock += 50;
      this.player.tick(asleep);
    }
  }
}

describe("a moment that plays", () => {
  test("goes so many times as fast as the clock", () => {
    const stage = new Stage();
    stage.player.setSpeed(10);
    stage.player.play(T);
    stage.pass(2_000);
    const last = stage.shown.at(-1) ?? 0;
    expect(last).toBeGreaterThan(T + 16_000);
    expect(last).toBeLessThanOrEqual(T + 20_000);
    expect(stage.shown.length).toBeLessThanOrEqual(2_000 / PAUSE_MS + 1);
  });

  test("leaves moments out while answers are awaited, and then shows the newest", () => {
    const stage = new Stage();
    stage.player.play(T);
    stage.pass(100);
    stage.busy = true;
    stage.pass(3_000);
    const before = stage.shown.length;
    stage.busy = false;
    stage.pass(50);
    expect(stage.shown.length).toBe(before + 1);
    expect(stage.shown.at(-1)).toBe(T + 3_150);
  });

  test("does not wait for ever", () => {
    const stage = new Stage();
    stage.player.play(T);
    stage.busy = true;
    stage.pass(2 * PATIENCE_MS + 100);
    expect(stage.shown.length).toBeGreaterThanOrEqual(2);
  });

  test("ends at now, and is live then", () => {
    const stage = new Stage();
    stage.now = T + 5_000;
    stage.player.setSpeed(100);
    stage.player.play(T);
    stage.pass(2_000);
    expect(stage.live).toBe(1);
    expect(stage.player.playing).toBe(false);
  });

  test("keeps its moment when its speed changes, when it is paused, and while nobody looks", () => {
    const stage = new Stage();
    stage.player.play(T);
    stage.pass(1_000);
    stage.player.setSpeed(100);
    stage.pass(50);
    stage.pass(10_000, true);
    stage.pass(400);
    const reached = stage.shown.at(-1) ?? 0;
    expect(reached).toBeGreaterThan(T + 1_000);
    expect(reached).toBeLessThan(T + 60_000);
    stage.player.pause();
    stage.pass(2_000);
    expect(stage.shown.at(-1)).toBe(reached);
  });

  test("of all moments that are sought in a hurry, shows the last", () => {
    const stage = new Stage();
    stage.player.seek(T);
    stage.pass(50);
    for (let at = 1; at <= 20; at++) stage.player.seek(T + at);
    stage.pass(PAUSE_MS);
    expect(stage.shown).toEqual([T, T + 20]);
  });
});

describe("the part of the log that is shown", () => {
  const log = { from: T, to: T + 30 * HOUR };

  test("is the whole of a short log, and the last hour of a long one", () => {
    expect(usualLength({ from: T, to: T + HOUR })).toBe("all");
    expect(usualLength(log)).toBe("1 h");
    expect(lengthsFor({ from: T, to: T + HOUR })).toEqual(["5 m", "15 m", "all"]);
  });

  test("stays while the moment is within, and else follows it", () => {
    const first = rangeAround("1 h", log, log.to, null);
    expect(first.to).toBeGreaterThanOrEqual(log.to);
    expect(rangeAround("1 h", log, log.to - HOUR / 2, first)).toBe(first);
    const earlier = rangeAround("1 h", log, log.to - 5 * HOUR, first);
    expect(earlier.to - earlier.from).toBe(HOUR);
    expect(placeIn(earlier, log.to - 5 * HOUR)).toBeCloseTo(0.5, 1);
    expect(rangeAround("all", log, T, earlier)).toEqual(log);
  });

  test("has a width, even where nothing ever happened", () => {
    const empty = rangeAround("all", { from: T, to: T }, T, null);
    expect(placeIn(empty, T)).toBe(0);
    expect(timeAt(empty, 1, { from: T, to: T })).toBe(T);
  });

  test("knows the time at each of its places", () => {
    const range = { from: T, to: T + HOUR };
    expect(timeAt(range, 0.5, log)).toBe(T + HOUR / 2);
    expect(timeAt({ from: T - HOUR, to: T }, 0, log)).toBe(T);
    expect(placeIn(range, T + 2 * HOUR)).toBe(1);
  });
});

describe("a moment in words", () => {
  test("is a time or an offset", () => {
    expect(msOf(momentAt(T))).toBe(T);
    expect(msOf(String(T))).toBe(T);
    expect(msOf(`${T}-3/4`)).toBe(T);
    expect(msOf(`3:${T}-0/0,1:${T + 1}-0/0`)).toBe(T + 1);
    for (const bad of [
      "",
      "soon",
      "1-x",
      "2026-11-22",
      "2026-11-22T10:17:04",
      "[object Object]",
      "-5",
      "9".repeat(15),
    ])
      expect(msOf(bad), bad).toBeNull();
  });

  test("is read as people write it", () => {
    expect(readMoment(writeMoment(T), 0, 0)).toBe(momentAt(T));
    expect(readMoment("5m", T, T)).toBe(momentAt(T - 300_000));
    expect(readMoment("-1h30m", T, T)).toBe(momentAt(T - 1.5 * HOUR));
    expect(readMoment("2 m ago", T, T)).toBe(momentAt(T - 120_000));
    const clock = writeMoment(T).slice(11);
    expect(readMoment(clock, T, T + 1)).toBe(momentAt(T));
    expect(readMoment(`${T}-0/1`, 0, 0)).toBe(`${T}-0/1`);
    for (const bad of ["", "noon", "25:00", "10:61", "2026-13-40 10:00", "10"])
      expect(readMoment(bad, T, T), bad).toBeNull();
  });

  test("says what happened then", () => {
    const started = {
      offset: "1-0/0",
      event: "job.started",
      at: null,
      data: { job_id: "j1", worker: "w-1" },
    };
    const watched = { offset: "1-0/0", event: "dependency.watched", at: null, data: {} };
    const commit = { offset: "1-0/1", at: null, events: [watched, started], count: 2 };
    expect(wordsOf(commit)).toEqual({ jobId: "j1", says: "started on w-1, and 1 more" });
    expect(wordsOf({ ...commit, events: [], count: 1 }).says).toContain("cannot be read");
    expect(wordsOf({ ...commit, events: [{ ...watched, event: "job.new" }], count: 1 }).says).toBe("job.new");
  });
});
