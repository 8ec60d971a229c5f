/** Where a job's trace is shown. Pure. */

const PLACE = "{trace_id}";

/** Returns the address of a trace; null where nobody said where traces are shown, or what was said is no web address. */
export function traceUrl(template: string, traceId: string): string | null {
  if (!template.includes(PLACE) || !/^https?:\/\//.test(template) || !traceId) return null;
  return template.replaceAll(PLACE, encodeURIComponent(traceId));
}
