/** How long jobs ran, counted in buckets of 1, 2, 5, 10, 20, 50 … milliseconds. Pure. */

export interface Bucket {
  /** From this length on. */
  from: number;
  /** Up to this one, which is in the next. */
  to: number;
  count: number;
}

const STEPS = [1, 2, 5];

/** Where the bucket with this number begins: 0, 1, 2, 5, 10, 20, … */
function edge(index: number): number {
  if (index <= 0) return 0;
  return (STEPS[(index - 1) % 3] ?? 1) * 10 ** Math.floor((index - 1) / 3);
}

function indexOf(value: number): number {
  let index = 0;
  while (edge(index + 1) <= value) index += 1;
  return index;
}

/** Returns every bucket from that of the shortest to that of the longest, the empty ones between them too. */
export function bucketsOf(lengths: readonly number[]): Bucket[] {
  const counts = new Map<number, number>();
  for (const length of lengths) {
    const index = indexOf(Math.max(0, length));
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  return Array.from({ length: last - first + 1 }, (_, at) => ({
    from: edge(first + at),
    to: edge(first + at + 1),
    count: counts.get(first + at) ?? 0,
  }));
}
