/**
 * The one connection over which events come.
 *
 * It is open while somebody looks: not while the page is hidden, nor while paused. After a gap of any kind it goes on from
 * now and says so (`onGap`): whoever shows something reads it anew, which costs less than a replay. The server makes
 * such a gap where events come faster than this page takes them (`skipped`). It never gives up; the waits between attempts
 * grow to 15 s. The server sends a pulse at once, which tells where the stream begins (see beginning.ts), and every 10 s, so a
 * connection that is silent for long is taken for a broken one.
 */

import { type Batch, Collector, LiveEvent } from "./events";
import { TAGS } from "./tags";

export type LiveState = "connecting" | "live" | "reconnecting" | "paused" | "hidden";

export interface Status {
  state: LiveState;
  /** When it was last known that everything had come. */
  currentAt: number | null;
  /** Events a second, of late. */
  rate: number;
  /** How far what comes is behind the log, and since when that is known; null before the first pulse. */
  lag: { ms: number; at: number } | null;
}

interface Pulse {
  offset: string;
  lag_ms: number;
}

export interface Source {
  close(): void;
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
}

const BATCH_MS = 500;
const BATCH_MOST = 2_000;
const WAIT_FIRST_MS = 500;
const WAIT_MOST_MS = 15_000;
const SILENT_MS = 40_000;

export class LiveStream {
  #source: Source | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #wait = WAIT_FIRST_MS;
  #paused = false;
  #hidden = false;
  #lived = false;
  readonly #collector = new Collector(BATCH_MOST);
  readonly #batchListeners = new Set<(batch: Batch) => void>();
  readonly #statusListeners = new Set<() => void>();
  #status: Status = { state: "connecting", currentAt: null, rate: 0, lag: null };

  constructor(
    private readonly connect: () => Source,
    private readonly onGap: () => void,
    private readonly onPulse: (offset: string) => void = () => {},
    private readonly now: () => number = Date.now,
  ) {}

  get status(): Status {
    return this.#status;
  }

  /** Calls `listener` with every batch, until the returned function is called. */
  readonly onBatch = (listener: (batch: Batch) => void): (() => void) => {
    this.#batchListeners.add(listener);
    return () => this.#batchListeners.delete(listener);
  };

  readonly onStatus = (listener: () => void): (() => void) => {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  };

  open(): void {
    if (this.#source || this.#paused || this.#hidden) return;
    clearTimeout(this.#timer);
    this.#say({ state: this.#lived ? "reconnecting" : "connecting" });
    const source = this.connect();
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onerror = () => this.#broke();
    for (const tag of TAGS)
      source.addEventListener(tag, (message) => this.#take(new LiveEvent(tag, message.data)));
    source.addEventListener("pulse", (message) => this.#pulse(message.data));
    source.addEventListener("skipped", () => this.onGap());
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#reconsider();
  }

  hide(hidden: boolean): void {
    this.#hidden = hidden;
    this.#reconsider();
  }

  #reconsider(): void {
    if (this.#paused || this.#hidden) {
      this.#flush();
      this.close();
      this.#say({ state: this.#paused ? "paused" : "hidden", rate: 0 });
    } else {
      this.open();
    }
  }

  #opened(): void {
    this.#wait = WAIT_FIRST_MS;
    this.#say({ state: "live", currentAt: this.now() });
    if (this.#lived) this.onGap();
    this.#lived = true;
  }

  /** silent: nothing came for long, so what there is may be as old as the last that came. */
  #broke(silent = false): void {
    if (this.#status.state === "live" && !silent) this.#say({ currentAt: this.now() });
    this.close();
    this.#lived = true;
    this.#say({ state: "reconnecting", rate: 0, lag: null });
    this.#timer = setTimeout(() => this.open(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, WAIT_MOST_MS);
  }

  #pulse(text: string): void {
    const { offset, lag_ms: ms } = JSON.parse(text) as Pulse;
    this.onPulse(offset);
    this.#say({ currentAt: this.now(), lag: { ms, at: this.now() } });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#broke(true), SILENT_MS);
  }

  #take(event: LiveEvent): void {
    this.#collector.add(event);
    this.#flushing ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush(): void {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (this.#collector.empty) return;
    const batch = this.#collector.take();
    this.#say({ currentAt: this.now(), rate: (batch.total * 1000) / BATCH_MS });
    for (const listener of this.#batchListeners) listener(batch);
  }

  #say(change: Partial<Status>): void {
    this.#status = { ...this.#status, ...change };
    for (const listener of this.#statusListeners) listener();
  }
}
