/** Searches that have a name: some that everybody has, and those that were kept in this browser. */

export interface View {
  name: string;
  /** As in the address: the search, and the order; undefined is the newest first. */
  q: string;
  sort?: string | undefined;
}

const KEY = "journeyman.views";
const KEPT_MOST = 50;
export const NAME_MOST = 80;
const TEXT_MOST = 400;

export const BUILT_IN: readonly View[] = [
  { name: "Failed, of the last hour", q: "status:failed age:<1h" },
  { name: "Dead letters", q: "phase:dead" },
  { name: "Failing now, will be tried again", q: "phase:retrying" },
  { name: "Running longest", q: "status:processing", sort: "-duration" },
  { name: "Waiting longest", q: "phase:ready", sort: "submitted_at" },
  { name: "Urgent and waiting", q: "status:pending priority:>=high", sort: "-priority" },
  { name: "Held: paused, or a breaker is open", q: "phase:held" },
  { name: "Waiting for other jobs", q: "phase:blocked", sort: "submitted_at" },
  { name: "Slowest of the last day", q: "status:completed age:<1d", sort: "-duration" },
];

/** Whether a list is this view: the same words, however they are spaced, in the same order of rows. */
export function shows(view: View, q: string, sort: string | undefined): boolean {
  return words(view.q) === words(q) && (view.sort ?? "") === (sort ?? "");
}

function words(q: string): string {
  return q.trim().replace(/\s+/g, " ");
}

/** Returns what was kept in this browser; what somebody else wrote there is left out. */
export function kept(store: Pick<Storage, "getItem">): View[] {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.flatMap(asView).slice(0, KEPT_MOST) : [];
  } catch {
    return [];
  }
}

/** Keeps a view, in place of one of the same name. Returns what is kept then; only where the browser lets it. */
export function keep(store: Storage, view: View): View[] {
  const name = view.name.trim().slice(0, NAME_MOST);
  const others = kept(store).filter((one) => one.name !== name);
  return write(store, [{ ...view, name }, ...others].slice(0, KEPT_MOST));
}

export function forget(store: Storage, name: string): View[] {
  return write(
    store,
    kept(store).filter((one) => one.name !== name),
  );
}

function write(store: Storage, views: View[]): View[] {
  try {
    store.setItem(KEY, JSON.stringify(views));
  } catch {
    return kept(store);
  }
  return views;
}

function asView(value: unknown): View[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, q, sort } = value as Record<string, unknown>;
  if (typeof name !== "string" || name === "" || typeof q !== "string") return [];
  const view: View = { name: name.slice(0, NAME_MOST), q: q.slice(0, TEXT_MOST) };
  if (typeof sort === "string") view.sort = sort;
  return [view];
}
