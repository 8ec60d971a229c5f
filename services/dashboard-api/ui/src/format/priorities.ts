/** Priorities by number and by name. */

export const PRIORITY_MAX = 20;
export const PRIORITIES = { low: 5, normal: 10, high: 15, critical: 20 } as const;

const names = new Map<number, string>(Object.entries(PRIORITIES).map(([name, value]) => [value, name]));

/** "high" for 15; "12" for what has no name. */
export function priority(value: number): string {
  return names.get(value) ?? String(value);
}

/** Reads a name or a number; null where it is neither. */
export function readPriority(text: string): number | null {
  const named = PRIORITIES[text.toLowerCase() as keyof typeof PRIORITIES];
  if (named !== undefined) return named;
  const value = Number(text);
  return /^\d+$/.test(text) && value <= PRIORITY_MAX ? value : null;
}
