/** Forms that are filled in already: some for the sample jobs, and those that were kept in this browser. */

import { type Draft, EMPTY } from "./draft";

export interface Template {
  name: string;
  draft: Draft;
}

const KEY = "journeyman.templates";
const KEPT_MOST = 50;

const json = (value: unknown) => JSON.stringify(value, null, 2);

/** Offered only where a worker knows the type. */
export const SAMPLES: readonly Template[] = [
  {
    name: "20 seconds, with progress",
    draft: { ...EMPTY, type: "synthetic", payload: json({ sleep_ms: 20_000, steps: 40 }) },
  },
  {
    name: "Fails twice, then completes",
    draft: { ...EMPTY, type: "synthetic", payload: json({ fail_times: 2, echo: "third time lucky" }) },
  },
  {
    name: "Fails for good",
    draft: { ...EMPTY, type: "synthetic", payload: json({ permanent: true }) },
  },
  {
    name: "Starts in a minute",
    draft: { ...EMPTY, type: "synthetic", delay: "1m" },
  },
  {
    name: "Mean temperatures of a year in Seattle",
    draft: {
      ...EMPTY,
      type: "data-processing",
      payload: json({
        path: "sample:seattle-weather.csv",
        group_by: ["month"],
        aggregate: { temp_max: ["mean", "min", "max"], precipitation: ["sum"] },
      }),
    },
  },
];

/** Returns what was kept in this browser; what somebody else wrote there is left out. */
export function kept(store: Pick<Storage, "getItem">): Template[] {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.flatMap(asTemplate).slice(0, KEPT_MOST) : [];
  } catch {
    return [];
  }
}

/** Keeps a template, in place of one of the same name. Returns what is kept then; it is kept only where the browser lets it. */
export function keep(store: Storage, template: Template): Template[] {
  const others = kept(store).filter(({ name }) => name !== template.name);
  return write(store, [template, ...others].slice(0, KEPT_MOST));
}

export function forget(store: Storage, name: string): Template[] {
  return write(
    store,
    kept(store).filter((one) => one.name !== name),
  );
}

function write(store: Storage, templates: Template[]): Template[] {
  try {
    store.setItem(KEY, JSON.stringify(templates));
  } catch {
    return kept(store);
  }
  return templates;
}

function asTemplate(value: unknown): Template[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, draft } = value as { name?: unknown; draft?: unknown };
  if (typeof name !== "string" || typeof draft !== "object" || draft === null) return [];
  const whole: Draft = { ...EMPTY };
  for (const [field, empty] of Object.entries(EMPTY)) {
    const given = (draft as Record<string, unknown>)[field];
    const alike = Array.isArray(empty)
      ? Array.isArray(given) && given.every((one) => typeof one === "string")
      : typeof given === typeof empty;
    if (alike) Object.assign(whole, { [field]: given });
  }
  return [{ name, draft: whole }];
}
