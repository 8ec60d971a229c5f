/**
 * The clock of a moment that plays: so many times as fast as the real one, until it has caught up with it. Pure.
 *
 * It goes on whether or not its moments are shown: while what is shown is still being read, moments are left out, and then
 * the newest is shown. So slow answers make it jump, and never fall behind or pile up.
 */

/** Between two moments that are shown, at least. Browsers let an address be replaced about three times a second. */
export const PAUSE_MS = 350;
/** So long is waited for answers before the next moment is asked for all the same. */
export const PATIENCE_MS = 5_000;
/** This near to now, it is now. */
const ARRIVED_MS = 250;

export interface World {
  /** The time of a clock that runs evenly, in milliseconds. */
  clock: () => number;
  /** The time of the server, in milliseconds since 1970. */
  now: () => number;
  /** Whether answers are being waited for. */
  busy: () => boolean;
  show: (ms: number) => void;
  goLive: () => void;
}

export class Player {
  #from: { ms: number; clock: number } | null = null;
  #wanted: number | null = null;
  #speed = 1;
  #shownAt = Number.NEGATIVE_INFINITY;
  #tickedAt = 0;

  constructor(private readonly world: World) {}

  get playing(): boolean {
    return this.#from !== null;
  }

  /** Plays from a moment on. */
  play(ms: number): void {
    this.#tickedAt = this.world.clock();
    this.#from = { ms, clock: this.#tickedAt };
  }

  pause(): void {
    this.#from = null;
  }

  setSpeed(speed: number): void {
    if (this.#from !== null) this.play(this.#moment());
    this.#speed = speed;
  }

  /** Shows a moment as soon as it can be; of several, the last. What plays goes on from there. */
  seek(ms: number): void {
    this.#wanted = ms;
    if (this.#from !== null) this.play(ms);
  }

  /** To be called again and again. `asleep`: nobody looks, and time stands still. */
  tick(asleep = false): void {
    const clock = this.world.clock();
    if (asleep && this.#from !== null) this.#from.clock += clock - this.#tickedAt;
    this.#tickedAt = clock;
    const aim = this.#wanted ?? (this.#from === null ? null : this.#moment());
    if (asleep || aim === null) return;
    const waited = clock - this.#shownAt;
    if (waited < PAUSE_MS || (this.world.busy() && waited < PATIENCE_MS)) return;
    this.#wanted = null;
    this.#shownAt = clock;
    if (aim >= this.world.now() - ARRIVED_MS) {
      this.#from = null;
      this.world.goLive();
    } else {
      this.world.show(Math.floor(aim));
    }
  }

  #moment(): number {
    if (this.#from === null) return 0;
    return this.#from.ms + (this.world.clock() - this.#from.clock) * this.#speed;
  }
}
