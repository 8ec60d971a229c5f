/** Where the things that a person wants to know of lead to, and what there is to say of their number. Pure. */

import type { NotableView } from "~/api/types";
import { written } from "~/search/terms";

/** An address, as a link takes it. */
export type Target =
  | { to: "/jobs/$id"; params: { id: string } }
  | { to: "/jobs"; search: { q: string } }
  | { to: "/types/$type"; params: { type: string } }
  | { to: "/dead-letters"; search: { group?: string; type?: string } }
  | { to: "/workers"; search: { worker?: string; all?: true } }
  | { to: "/types" | "/queues" };

/** Returns where to look into it; null where no screen has more of it than its moment has. */
export function target(one: NotableView): Target | null {
  const [family] = one.event.split(".", 1);
  switch (family) {
    case "job":
      return ofJobs(one);
    case "breaker":
      return one.type ? { to: "/types/$type", params: { type: one.type } } : { to: "/types" };
    case "queue":
      return { to: "/queues" };
    case "worker":
      return {
        to: "/workers",
        search: one.worker && one.count === 1 ? { worker: one.worker, all: true } : { all: true },
      };
    case "fleet":
      return { to: "/workers", search: {} };
    default:
      return null;
  }
}

function ofJobs({ event, count, job_id: id, type, fingerprint }: NotableView): Target {
  if (id && count === 1) return { to: "/jobs/$id", params: { id } };
  if (event === "job.dead_lettered") {
    return {
      to: "/dead-letters",
      search: { ...(fingerprint ? { group: fingerprint } : {}), ...(type ? { type } : {}) },
    };
  }
  return { to: "/jobs", search: { q: type ? written("type", type) : "" } };
}

/** Returns how often it happened, where its words do not say that. */
export function times({ count, words }: NotableView): string {
  return count > 1 && !words.includes(String(count)) ? `${count}×` : "";
}
