import type { Environment } from './environment.ts';

/** While others have work, they get so many times what a slice has taken. */
const SHARE_OF_OTHERS = 14;
/** A turn of the event loop that takes longer has done work: one that has nothing to do takes two or three microseconds. */
const BUSY_TURN_MS = 0.008;
/** When no turn has been busy for so long, nobody has work, and nobody waits for a processor that writes the file. */
const QUIET_MS = 2;

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
    let [last, quietSince] = [began, began];
    do {
      await yieldToEventLoop();
      const now = monotonic.now();
      if (now - last > BUSY_TURN_MS) quietSince = now;
      last = now;
    } while (last < until && last - quietSince < QUIET_MS);
    this.#start = last;
    this.#givenMs = 0;
  }
}
