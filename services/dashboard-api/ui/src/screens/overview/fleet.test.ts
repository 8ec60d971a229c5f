import { describe, expect, it } from "vitest";
import type { WorkerView } from "~/api/types";
import { glance, runs } from "./fleet";

const worker = (id: string, state: string, ...types: string[]): WorkerView => ({
  id,
  state,
  host: "web-1",
  pid: 7,
  version: "1",
  reason: "",
  queues: ["*"],
  types: [],
  slots: 8,
  running: types.map((type) => ({ job_id: "j", attempt: 1, type, started_at: null, progress: null })),
  rss_bytes: null,
  cpu_percent: null,
  joined_at: null,
  last_heartbeat_at: null,
  instance: "",
});

describe("the workers at a glance", () => {
  it("begin with what is wrong, and leave out those that said good-bye", () => {
    const all = [
      worker("d", "joined"),
      worker("a", "joined"),
      worker("c", "draining"),
      worker("e", "left"),
      worker("b", "lost"),
    ];
    const { shown, more } = glance(all, 3);
    expect(shown.map(({ id }) => id)).toEqual(["b", "c", "a"]);
    expect(more).toBe(1);
    expect(glance(all, 9).more).toBe(0);
  });

  it("say what they run, the most frequent first", () => {
    expect(runs(worker("a", "joined", "ship", "charge", "index", "charge"))).toBe("charge 2 · index · ship");
    expect(runs(worker("a", "joined"))).toBe("");
  });
});
