import { beforeEach, expect, test } from "vitest";
import { asked } from "./parameters";
import { BUILT_IN, forget, keep, kept, shows } from "./views";

class Store implements Storage {
  readonly #values = new Map<string, string>();
  full = false;
  get length() {
    return this.#values.size;
  }
  clear = () => this.#values.clear();
  key = (index: number) => [...this.#values.keys()][index] ?? null;
  getItem = (key: string) => this.#values.get(key) ?? null;
  removeItem = (key: string) => void this.#values.delete(key);
  setItem = (key: string, value: string) => {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.#values.set(key, value);
  };
}

let store: Store;
beforeEach(() => {
  store = new Store();
});

test("a view is kept, replaced by one of its name, and forgotten", () => {
  keep(store, { name: " mine ", q: "status:failed" });
  keep(store, { name: "other", q: "", sort: "-duration" });
  expect(keep(store, { name: "mine", q: "boom" })).toEqual([
    { name: "mine", q: "boom" },
    { name: "other", q: "", sort: "-duration" },
  ]);
  expect(kept(store).map(({ name }) => name)).toEqual(["mine", "other"]);
  expect(forget(store, "mine")).toHaveLength(1);
});

test("what somebody else wrote, and a full store, break nothing", () => {
  for (const text of ["{", "7", '[1,null,{"name":1},{"name":"x"},{"name":"","q":""}]']) {
    store.setItem("journeyman.views", text);
    expect(kept(store)).toEqual([]);
  }
  store.setItem("journeyman.views", '[{"name":"<b>","q":"x","sort":3,"evil":1}]');
  expect(kept(store)).toEqual([{ name: "<b>", q: "x" }]);
  store.full = true;
  expect(keep(store, { name: "y", q: "y" })).toEqual([{ name: "<b>", q: "x" }]);
});

test("what everybody has can be asked for", () => {
  for (const { q } of BUILT_IN) expect(asked(q, { types: [], queues: [] }).problems).toEqual([]);
  expect(new Set(BUILT_IN.map(({ name }) => name)).size).toBe(BUILT_IN.length);
});

test("a list is a view whatever its spaces, but not in another order", () => {
  const view = { name: "x", q: "status:failed  boom" };
  expect(shows(view, " status:failed boom", undefined)).toBe(true);
  expect(shows(view, "status:failed boom", "-duration")).toBe(false);
});
