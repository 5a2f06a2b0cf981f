import type { Clock } from '../clock.ts';

/** When a {@link ManualClock} starts unless told otherwise: 2001-09-09T01:46:40Z. */
const START_MS = 1_000_000_000_000;

/**
 * A {@link Clock} that stands still until a test moves it.
 *
 * @example
 * ```ts
 * import { ExpiringKeyValueStore } from '@kv/store';
 * import { ManualClock } from '@kv/store/conformance';
 *
 * const clock = new ManualClock();
 * const store = new ExpiringKeyValueStore<number>({ clock });
 * store.set('answer', 42, { ttlMs: 1000 });
 * clock.advance(999);
 * store.has('answer'); // => true
 * clock.advance(1);
 * store.has('answer'); // => false
 * ```
 */
export class ManualClock implements Clock {
  #now: number;

  /** Starts at `now`, in milliseconds since 1970. */
  constructor(now: number = START_MS) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves the time by `ms` milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
