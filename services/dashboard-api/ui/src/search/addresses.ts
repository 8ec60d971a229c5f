/** Reading what an address says. The router takes `5` for a number and `[…]` for a list; names are texts all the same. */

/** Returns a value of the address as texts: one, several or none. */
export function textsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => one !== undefined && one !== null && one !== "").map(String);
}
