/** Keys that make sending twice the same as sending once. */

const BYTES = 16;

/** Returns a key that nobody else has. Works on pages without TLS too, where `randomUUID` does not. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return `ui-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
