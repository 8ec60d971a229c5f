import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Topic } from "~/api/reads";
import type { Batch } from "./events";
import { Collector, LiveEvent } from "./events";
import { Refresher } from "./refresher";
import { LiveStream, type Source } from "./stream";
import { touched } from "./topics";

const told = (tag: string, jobId = "j1") =>
  new LiveEvent(tag, JSON.stringify({ offset: "1-0/0", event: tag, at: null, data: { job_id: jobId } }));

class FakeSource implements Source {
  static all: FakeSource[] = [];
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  readonly #listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor() {
    FakeSource.all.push(this);
  }
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void) {
    this.#listeners.set(name, listener);
  }
  close() {
    this.closed = true;
  }
  send(tag: string, times = 1, data = "{}") {
    for (let i = 0; i < times; i++) this.#listeners.get(tag)?.({ data } as MessageEvent<string>);
  }
}

const open = (source = FakeSource.all.at(-1)) => {
  source?.onopen?.({} as Event);
  return source;
};

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.all = [];
});
afterEach(() => vi.useRealTimers());

describe("a collector", () => {
  it("keeps the latest events and the number of all", () => {
    const collector = new Collector(10);
    for (let i = 0; i < 95; i++) collector.add(told("job.started", `j${i}`));
    const batch = collector.take();
    expect(batch.total).toBe(95);
    expect(batch.truncated).toBe(true);
    expect(batch.events).toHaveLength(10);
    expect(batch.events.at(-1)?.jobId).toBe("j94");
    expect(collector.empty).toBe(true);
  });
});

describe("the stream", () => {
  const gap = vi.fn();
  const begun = vi.fn();
  const start = () => {
    gap.mockClear();
    const stream = new LiveStream(() => new FakeSource(), gap, begun);
    const batches: Batch[] = [];
    stream.onBatch((batch) => batches.push(batch));
    stream.open();
    return { stream, batches };
  };

  it("hands over ten thousand events a second in two batches", () => {
    const { stream, batches } = start();
    const source = open();
    for (let i = 0; i < 10; i++) {
      source?.send("job.started", 1_000);
      vi.advanceTimersByTime(100);
    }
    expect(batches.map(({ total }) => total)).toEqual([5_000, 5_000]);
    expect(stream.status).toMatchObject({ state: "live", rate: 10_000 });
  });

  it("says nothing while nothing happens", () => {
    const { batches } = start();
    open();
    vi.advanceTimersByTime(60_000);
    expect(batches).toEqual([]);
    expect(gap).not.toHaveBeenCalled();
  });

  it("comes back by itself, waits longer each time, and says that there was a gap", () => {
    const { stream } = start();
    open()?.onerror?.({} as Event);
    expect(stream.status.state).toBe("reconnecting");
    for (const wait of [500, 1_000, 2_000]) {
      const before = FakeSource.all.length;
      vi.advanceTimersByTime(wait - 1);
      expect(FakeSource.all).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(FakeSource.all).toHaveLength(before + 1);
      FakeSource.all.at(-1)?.onerror?.({} as Event);
    }
    vi.advanceTimersByTime(15_000);
    open();
    expect(stream.status.state).toBe("live");
    expect(gap).toHaveBeenCalledTimes(1);
  });

  it("is closed while hidden or paused, and open only when neither", () => {
    const { stream } = start();
    const first = open();
    stream.hide(true);
    stream.pause(true);
    expect(first?.closed).toBe(true);
    stream.hide(false);
    expect(stream.status.state).toBe("paused");
    expect(FakeSource.all).toHaveLength(1);
    stream.pause(false);
    open();
    expect(stream.status.state).toBe("live");
    expect(gap).toHaveBeenCalledTimes(1);
  });

  it("takes silence for a broken line where there were pulses, and knows since when", () => {
    const { stream } = start();
    const source = open();
    const beganAt = Date.now();
    source?.send("pulse", 1, '{"offset":"1-0/0","lag_ms":0}');
    expect(begun).toHaveBeenLastCalledWith("1-0/0");
    vi.advanceTimersByTime(39_999);
    expect(stream.status.state).toBe("live");
    vi.advanceTimersByTime(1);
    expect(source?.closed).toBe(true);
    expect(stream.status).toMatchObject({ state: "reconnecting", currentAt: beganAt });
    vi.advanceTimersByTime(500);
    open();
    expect(stream.status.state).toBe("live");
    expect(gap).toHaveBeenCalledTimes(1);
  });

  it("stays live in silence as long as there are pulses, and knows how far behind it is", () => {
    const { stream } = start();
    const source = open();
    for (const lag of [0, 12_000, 300]) {
      source?.send("pulse", 1, `{"lag_ms":${lag}}`);
      expect(stream.status.lag).toEqual({ ms: lag, at: Date.now() });
      vi.advanceTimersByTime(30_000);
    }
    expect(stream.status.state).toBe("live");
    source?.onerror?.({} as Event);
    expect(stream.status.lag).toBeNull();
  });

  it("has everything read anew where the server left events out", () => {
    start();
    open()?.send("skipped", 1, '{"events":12345,"after":"1-0/0","offset":"2-0/0"}');
    expect(gap).toHaveBeenCalledTimes(1);
  });
});

describe("what events make old", () => {
  const batchOf = (...events: LiveEvent[]) => {
    const collector = new Collector(100);
    for (const event of events) collector.add(event);
    return collector.take();
  };

  it("is told by their names", () => {
    const { topics, jobs } = touched(batchOf(told("job.dead_lettered"), told("queue.paused", "")));
    expect([...topics]).toEqual(expect.arrayContaining(["stats", "jobs", "queues", "dead-letter"]));
    expect([...(jobs ?? [])]).toEqual(["j1"]);
    expect([...touched(batchOf(told("job.progressed"))).topics]).toEqual(["workers"]);
  });

  it("is let come, however slow its answers are, and read once more after them", async () => {
    const answers: (() => void)[] = [];
    const refresh = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
    const refresher = new Refresher(refresh, Date.now);
    for (let i = 0; i < 10; i++) {
      refresher.touch(["queues"], new Set());
      vi.advanceTimersByTime(1_000);
    }
    expect(refresh).toHaveBeenCalledTimes(1);
    answers[0]?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(refresh).toHaveBeenCalledTimes(2);
    for (let i = 0; i < 21; i++) {
      refresher.touch(["queues"], new Set());
      vi.advanceTimersByTime(1_000);
    }
    expect(refresh).toHaveBeenCalledTimes(3);
    refresher.close();
  });

  it("is read at once, then at a bounded pace, and twice more at the end", async () => {
    const refresh = vi.fn(async (_topic: Topic, _jobs: ReadonlySet<string> | null) => {});
    const refresher = new Refresher(refresh, Date.now);
    const readings = () => refresh.mock.calls.filter(([topic]) => topic === "stats").length;
    for (let i = 0; i < 20; i++) {
      refresher.touch(["stats"], new Set(["j1"]));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(readings()).toBe(6);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(readings()).toBe(8);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(readings()).toBe(8);
  });

  it("collects the jobs of several batches for one reading", async () => {
    const refresh = vi.fn(async (_topic: Topic, _jobs: ReadonlySet<string> | null) => {});
    const refresher = new Refresher(refresh, Date.now);
    refresher.touch([], new Set(["a"]));
    refresher.touch([], new Set(["b"]));
    refresher.touch([], new Set(["c"]));
    await vi.advanceTimersByTimeAsync(500);
    const jobs = refresh.mock.calls.filter(([topic]) => topic === "job").map(([, ids]) => [...(ids ?? [])]);
    expect(jobs).toEqual([["a"], ["b", "c"]]);
  });
});
