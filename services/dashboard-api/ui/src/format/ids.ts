/** Ids as people read them. A job's id is 24 characters: ten of time, twelve of chance, two of its partition. */

const JOB_ID = /^[0-9a-hjkmnp-tv-z]{24}$/;

export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}

/** The part of a job's id by which a person tells it from its neighbours: …7k2m9q4z. */
export function shortId(id: string): string {
  return isJobId(id) ? id.slice(-10, -2) : id.length > 18 ? `${id.slice(0, 17)}…` : id;
}
