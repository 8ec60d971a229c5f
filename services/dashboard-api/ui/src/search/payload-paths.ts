/** What stands where in payloads, for completing `payload.user.id:42`. Pure, and bounded whatever is in them. */

const PATHS_MOST = 60;
const VALUES_MOST = 12;
const DEEP_MOST = 5;
const LONG_MOST = 60;
/** What can be written as part of a path. */
const KEY = /^[^\s:".]{1,40}$/;

/** Returns the values that stand at each path of these payloads, as texts. In lists, those of every element. */
export function pathsOf(payloads: Iterable<unknown>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const payload of payloads) collect(payload, "", 0, found);
  return found;
}

function collect(value: unknown, path: string, depth: number, found: Map<string, string[]>): void {
  if (depth > DEEP_MOST) return;
  if (Array.isArray(value)) {
    for (const element of value.slice(0, VALUES_MOST)) collect(element, path, depth + 1, found);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value).slice(0, PATHS_MOST))
      if (KEY.test(key)) collect(inner, path === "" ? key : `${path}.${key}`, depth + 1, found);
  } else if (path !== "") {
    note(String(value), path, found);
  }
}

function note(text: string, path: string, found: Map<string, string[]>): void {
  const values = found.get(path);
  if (values === undefined) {
    if (found.size < PATHS_MOST) found.set(path, text.length <= LONG_MOST && text !== "" ? [text] : []);
  } else if (
    values.length < VALUES_MOST &&
    text !== "" &&
    text.length <= LONG_MOST &&
    !values.includes(text)
  ) {
    values.push(text);
  }
}
