import { checkCount } from './arguments.ts';
import { KvStoreError } from './errors.ts';
import type { ExpiringStore } from './expiring-store.ts';

/** Often enough that memory comes back soon, seldom enough to cost nothing. */
const INTERVAL_MS = 100;

/** Deadlines a tick: 50 us of work, or about 3 ms if every one of them has come. */
const BUDGET = 10_000;

/** What a 32-bit timer can wait; hosts fire at once beyond it. */
const INTERVAL_MS_MAX = 2 ** 31 - 1;

/** The timer functions that {@link startSweeping} needs; those of the host by default. */
export interface Timers {
  /** Calls `callback` every `ms` milliseconds; answers what {@link clearInterval} takes. */
  setInterval(callback: () => void, ms: number): unknown;
  /** Ends what {@link setInterval} began. */
  clearInterval(timer: unknown): void;
}

/** How {@link startSweeping} goes about it. */
export interface SweepingOptions {
  /** Milliseconds between sweeps, from 1 to 2^31-1; 100 by default. */
  readonly intervalMs?: number;
  /** How many entries with a deadline each sweep looks at; 10,000 by default. */
  readonly budget?: number;
  /** The host's timers by default; a test passes its own. */
  readonly timers?: Timers;
}

/** A sweep that runs by itself until it is stopped. */
export interface Sweeping extends Disposable {
  /** Stops the timer. Calling it again does nothing. */
  stop(): void;
}

/**
 * Sweeps `store` at an interval, with one timer however many keys there are, so
 * that the memory of expired entries that nobody asks for comes back.
 *
 * The timer never keeps a process alive. It does keep the store in memory: stop
 * it, or declare it with `using`, when the store is no longer needed. What an
 * `onExpire` callback throws during a sweep is thrown out of the timer.
 *
 * @throws KvStoreError `INVALID_ARGUMENT` for a bad interval or budget, or what is no such store.
 *
 * @example
 * ```ts
 * import { ExpiringKeyValueStore, startSweeping } from '@kv/store';
 *
 * const store = new ExpiringKeyValueStore<string>();
 * const sweeping = startSweeping(store, { intervalMs: 1000 });
 * store.set('session', 'Alice', { ttlMs: 5000 });
 * sweeping.stop();
 * ```
 */
export function startSweeping(
  store: Pick<ExpiringStore<unknown>, 'sweep'>,
  options: SweepingOptions = {},
): Sweeping {
  const { intervalMs = INTERVAL_MS, budget = BUDGET, timers = hostTimers } = options;
  if (typeof (store as Partial<typeof store> | undefined)?.sweep !== 'function')
    throw new KvStoreError('INVALID_ARGUMENT', 'startSweeping needs a store that can sweep');
  checkCount('intervalMs', intervalMs, INTERVAL_MS_MAX);
  checkCount('budget', budget, Number.POSITIVE_INFINITY);
  const timer = timers.setInterval(() => store.sweep(budget), intervalMs);
  unref(timer);
  let running = true;
  const stop = () => {
    if (running) timers.clearInterval(timer);
    running = false;
  };
  return { stop, [Symbol.dispose]: stop };
}

const hostTimers: Timers = {
  setInterval: (callback, ms) => setInterval(callback, ms),
  clearInterval: (timer) => clearInterval(timer as ReturnType<typeof setInterval>),
};

/** In Node, Deno and Bun a timer may be told not to keep the process alive; a browser's is a number. */
function unref(timer: unknown): void {
  const { unref } = Object(timer) as { unref?: () => void };
  if (typeof unref === 'function') unref.call(timer);
}
