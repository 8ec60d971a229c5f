/** The jobs in line by how urgent they are: the twenty-one priorities in four bands. Pure. */

import { count } from "~/format";

export interface Band {
  name: string;
  least: number;
  most: number;
  colour: string;
}

/** The most urgent first, as they are worked off. A band is named for the priority it reaches up to. */
export const BANDS: readonly Band[] = [
  { name: "critical", least: 16, most: 20, colour: "--jm-band-critical" },
  { name: "high", least: 11, most: 15, colour: "--jm-band-high" },
  { name: "normal", least: 6, most: 10, colour: "--jm-band-normal" },
  { name: "low", least: 0, most: 5, colour: "--jm-band-low" },
];

/** How many jobs of each band there are, in the order of BANDS. */
export function inBands(byPriority: Readonly<Record<string, number>>): number[] {
  const sums = BANDS.map(() => 0);
  for (const [priority, jobs] of Object.entries(byPriority)) {
    const at = BANDS.findIndex(({ least }) => Number(priority) >= least);
    sums[at] = (sums[at] ?? 0) + jobs;
  }
  return sums;
}

/** "critical 3, normal 1,200": what a bar shows, in words. */
export function bandsInWords(sums: readonly number[]): string {
  const parts = BANDS.flatMap(({ name }, at) => (sums[at] ? [`${name} ${count(sums[at])}`] : []));
  return parts.length ? parts.join(", ") : "nothing in line";
}
