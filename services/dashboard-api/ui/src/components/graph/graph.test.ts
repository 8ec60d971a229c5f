import { describe, expect, it } from "vitest";
import { LiveEvent } from "~/live/events";
import { criticalPath } from "./critical";
import { placesOf } from "./layout";
import { HEIGHT, WIDTH } from "./layout-size";
import { concerns } from "./useGraph";
import { FAR, seenFirst } from "./viewport";

const at = (second: number) => new Date(second * 1_000).toISOString();
const node = (id: string, from?: number, to?: number) => ({
  id,
  started_at: from === undefined ? null : at(from),
  finished_at: to === undefined ? null : at(to),
});
const edge = (from: string, to: string) => ({ from, to });

describe("the critical path", () => {
  it("is the chain that ran the longest", () => {
    const nodes = [node("a", 0, 1), node("b", 1, 9), node("c", 1, 2), node("d", 9, 10)];
    const edges = [edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d")];
    expect(criticalPath(nodes, edges, 0)).toEqual(["a", "b", "d"]);
  });

  it("is the one of more jobs while none has run", () => {
    const nodes = ["a", "b", "c", "d"].map((id) => node(id));
    expect(criticalPath(nodes, [edge("a", "d"), edge("a", "b"), edge("b", "c")], 0)).toEqual(["a", "b", "c"]);
  });

  it("counts what runs until now", () => {
    const nodes = [node("a", 0, 2), node("b", 2), node("c", 2, 3)];
    expect(criticalPath(nodes, [edge("a", "b"), edge("a", "c")], 60_000)).toEqual(["a", "b"]);
  });

  it("is void without dependencies, and does not run in circles", () => {
    expect(criticalPath([node("a")], [], 0)).toEqual([]);
    expect(criticalPath([node("a"), node("b")], [edge("a", "b"), edge("b", "a")], 0)).toEqual([]);
    expect(criticalPath([node("a")], [edge("gone", "a")], 0)).toEqual(["a"]);
  });
});

describe("the layout", () => {
  it("puts parents left of their children, and nothing on top of anything", () => {
    const ids = Array.from({ length: 60 }, (_, index) => `j${index}`);
    const edges = ids.slice(1).map((id, index) => [ids[Math.floor(index / 3)] ?? "", id] as const);
    const places = placesOf({ ids, edges });
    const placeOf = (id: string) => places[ids.indexOf(id)] ?? [0, 0];
    for (const [from, to] of edges) expect(placeOf(from)[0] + WIDTH).toBeLessThan(placeOf(to)[0]);
    for (const [x, y] of places) {
      const near = places.filter(([ox, oy]) => Math.abs(ox - x) < WIDTH && Math.abs(oy - y) < HEIGHT);
      expect(near).toHaveLength(1);
    }
  });

  it("lays a thousand jobs out", { timeout: 30_000 }, () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `j${index}`);
    const edges = ids
      .slice(50)
      .flatMap((id, index) => [
        [ids[index] ?? "", id] as const,
        [ids[index - (index % 50) + ((index * 7 + 3) % 50)] ?? "", id] as const,
      ]);
    expect(placesOf({ ids, edges })).toHaveLength(1_000);
  });
});

describe("a live graph", () => {
  const graph = { nodes: [node("a")], edges: [], truncated: false };
  const batch = (tag: string, data: Record<string, unknown>, truncated = false) => {
    const event = new LiveEvent(tag, JSON.stringify({ offset: "1-0/0", event: tag, at: null, data }));
    return { events: [event], counts: new Map([[tag, 1]]), total: 1, truncated };
  };

  it("is read anew for its own jobs, for new dependents, and when events were left out", () => {
    expect(concerns(batch("job.started", { job_id: "a" }), graph)).toBe(true);
    expect(concerns(batch("job.submitted", { job_id: "b", depends_on: ["a"] }), graph)).toBe(true);
    expect(concerns(batch("job.started", { job_id: "b" }, true), graph)).toBe(true);
  });

  it("is left alone by others, and by progress", () => {
    expect(concerns(batch("job.started", { job_id: "b" }), graph)).toBe(false);
    expect(concerns(batch("job.progressed", { job_id: "a" }), graph)).toBe(false);
    expect(concerns(batch("job.submitted", { job_id: "b", depends_on: [] }), graph)).toBe(false);
    expect(concerns(batch("worker.joined", { worker: "a" }), graph)).toBe(false);
  });
});

describe("what of a graph is seen at first", () => {
  const row = (jobs: number) => Array.from({ length: jobs }, (_, at) => [at * 208, 0] as const);
  const DESK = { width: 1_190, height: 770 };
  const PHONE = { width: 364, height: 560 };

  it("is all of it, as large as there is room for", () => {
    const { x, y, zoom, part } = seenFirst(row(7), 3, DESK);
    expect(part).toBe(false);
    expect(zoom).toBeGreaterThan(0.75);
    expect([x, x + (6 * 208 + WIDTH) * zoom]).toEqual([28, DESK.width - 28]);
    expect(y + (HEIGHT * zoom) / 2).toBeCloseTo(DESK.height / 2);
    expect(seenFirst(row(1), 0, DESK).zoom).toBe(1);
  });

  it("is the neighbourhood of one's own job where words could not be read", () => {
    for (const here of [0, 6, 12]) {
      const { x, zoom, part } = seenFirst(row(13), here, PHONE);
      expect(part).toBe(true);
      expect(zoom).toBeGreaterThan(FAR);
      const left = x + here * 208 * zoom;
      expect(left).toBeGreaterThanOrEqual(27);
      expect(left + WIDTH * zoom).toBeLessThanOrEqual(PHONE.width - 27);
    }
  });

  it("is all of it, however small, where the jobs are many", () => {
    const many = seenFirst(row(1_000), 500, DESK);
    expect(many.part).toBe(false);
    expect(many.zoom).toBeLessThan(FAR);
    expect(seenFirst(row(1_000), 500, DESK, Number.POSITIVE_INFINITY).part).toBe(true);
  });
});
