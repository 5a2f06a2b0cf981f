import type { Environment } from './environment.ts';

/** Keeps work on the event loop short: asks the clock, and lets the loop turn when the time is spent. */
export class TimeSlice {
  readonly #environment: Environment;
  readonly #sliceMs: number;
  #start: number;

  constructor(environment: Environment, sliceMs: number) {
    this.#environment = environment;
    this.#sliceMs = sliceMs;
    this.#start = environment.monotonic.now();
  }

  /** Whether the event loop has been held for as long as it may be. */
  get spent(): boolean {
    return this.#environment.monotonic.now() - this.#start >= this.#sliceMs;
  }

  /** Lets the event loop turn, and begins the next slice. */
  async pause(): Promise<void> {
    await this.#environment.yieldToEventLoop();
    this.#start = this.#environment.monotonic.now();
  }
}
