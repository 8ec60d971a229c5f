/**
 * Where the stream begins, against how far what was read before was.
 *
 * A page reads first, and its stream opens meanwhile and goes on from then: what happened between a reading and the
 * beginning of the stream is in neither. So every answer tells how far it is, and one that does not reach the beginning
 * is read again, with all that is asked from then on waiting for it: so no answer is read again twice.
 */

import { reaches } from "~/api/offsets";

export class Beginning {
  #at: string | undefined;
  /** What was read before the stream began: by path, how far the earliest answer was. */
  readonly #read = new Map<string, string>();

  /** onOld: what has to be read again. offset: where the stream begins, which they have to reach. */
  constructor(private readonly onOld: (paths: ReadonlySet<string>, offset: string) => void) {}

  /** An answer came, which holds everything up to `offset`. */
  answered(path: string, offset: string): void {
    if (this.#at === undefined) {
      if (!this.#read.has(path)) this.#read.set(path, offset);
    } else if (!reaches(offset, this.#at)) {
      this.onOld(new Set([path]), this.#at);
    }
  }

  /** The stream tells everything behind `offset`. Only the first beginning counts: after each other one all is read. */
  began(offset: string): void {
    if (this.#at !== undefined) return;
    this.#at = offset;
    const old = [...this.#read].filter(([, read]) => !reaches(read, offset)).map(([path]) => path);
    this.#read.clear();
    if (old.length) this.onOld(new Set(old), offset);
  }
}
