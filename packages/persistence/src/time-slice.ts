import type { Environment } from './environment.ts';

/** While others have work, they get so many times what a slice has taken. */
const SHARE_OF_OTHERS = 14;
/** A turn of the event loop that takes longer has done work: one that has nothing to do takes two or three microseconds. */
const BUSY_TURN_MS = 0.008;
/** So long it is looked whether others have work at all. When they have not, nobody waits for a processor that writes the file. */
const WINDOW_MS = 2;
/**
 * Less of a window in busy turns is nobody's work: interrupts, pages that are touched for the first time and collections
 * of garbage make turns longer too, on some virtual machines several in every millisecond.
 */
const BUSY_SHARE_MIN = 0.25;

/**
 * Keeps work on the event loop short, and leaves most of the loop to others while they have work: asks the clock,
 * and lets the loop turn when the time is spent.
 */
export class TimeSlice {
  readonly #environment: Environment;
  readonly #sliceMs: number;
  #start: number;
  /** What others have had of this slice. */
  #givenMs = 0;

  constructor(environment: Environment, sliceMs: number) {
    this.#environment = environment;
    this.#sliceMs = sliceMs;
    this.#start = environment.monotonic.now();
  }

  /** Whether the event loop has been held for as long as it may be. */
  get spent(): boolean {
    return this.#environment.monotonic.now() - this.#start - this.#givenMs >= this.#sliceMs;
  }

  /** Waits for something, such as the disk, which holds nobody. */
  async waitFor<T>(something: Promise<T>): Promise<T> {
    const { monotonic } = this.#environment;
    const began = monotonic.now();
    try {
      return await something;
    } finally {
      this.#givenMs += monotonic.now() - began;
    }
  }

  /** Lets the event loop turn until others have had their share or nothing to do, and begins the next slice. */
  async pause(): Promise<void> {
    const { monotonic, yieldToEventLoop } = this.#environment;
    const began = monotonic.now();
    const heldMs = began - this.#start - this.#givenMs;
    const until = began + heldMs * SHARE_OF_OTHERS - this.#givenMs;
    let last = began;
    let windowEnd = began + WINDOW_MS;
    let busyMs = 0;
    do {
      await yieldToEventLoop();
      const now = monotonic.now();
      if (now - last > BUSY_TURN_MS) busyMs += now - last;
      last = now;
      if (now < windowEnd) continue;
      if (busyMs < (now - windowEnd + WINDOW_MS) * BUSY_SHARE_MIN) break;
      windowEnd = now + WINDOW_MS;
      busyMs = 0;
    } while (last < until);
    this.#start = last;
    this.#givenMs = 0;
  }
}
