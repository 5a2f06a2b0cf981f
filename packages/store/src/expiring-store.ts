import type { KeyValueStore } from './key-value-store.ts';

/**
 * When an entry that is written shall expire. At most one of the three may be
 * given; with none, the entry never expires, whatever TTL it had before.
 */
export interface SetOptions {
  /** Time to live from now, in whole milliseconds, at least 1. */
  readonly ttlMs?: number;

  /**
   * When to expire, in whole milliseconds since 1970, from 1 to 2^53-1. One that
   * has passed already is accepted: the key is absent afterwards.
   */
  readonly deadline?: number;

  /** Keeps the deadline that the key has, if it has one. */
  readonly keepTtl?: boolean;
}

/**
 * A {@link KeyValueStore} whose entries may have a deadline.
 *
 * An entry is expired from the millisecond of its deadline on
 * (`now >= deadline`), and is then absent for every method. Its memory comes
 * back when it is next accessed or {@link sweep | swept}; until then
 * {@link KeyValueStore.size | size} and `clear` may count it.
 *
 * A time that is not a whole number, or lies beyond 2^53-1 ms, is refused with
 * `INVALID_TTL` before anything is touched.
 *
 * @typeParam V - what is stored.
 *
 * @example
 * ```ts
 * import { ExpiringKeyValueStore, type ExpiringStore } from '@kv/store';
 * import { ManualClock } from '@kv/store/conformance';
 *
 * const clock = new ManualClock();
 * const sessions: ExpiringStore<string> = new ExpiringKeyValueStore({ clock });
 * sessions.set('session:1', 'Alice', { ttlMs: 5000 });
 * sessions.ttlMs('session:1'); // => 5000
 * clock.advance(5000);
 * sessions.get('session:1'); // => undefined
 * ```
 */
export interface ExpiringStore<V> extends KeyValueStore<V> {
  /**
   * Stores `value`. Without options a TTL that the key had is cleared. A TTL or
   * deadline of 0 or less is `INVALID_TTL`, and the old entry stays.
   */
  set(key: string, value: V, options?: SetOptions): void;

  /** As {@link KeyValueStore.setMany}, with the same deadline for every pair. */
  setMany(pairs: Iterable<readonly [string, V]>, options?: SetOptions): number;

  /**
   * Milliseconds until `key` expires, at least 1. `undefined` when the key has
   * no deadline or is absent; {@link KeyValueStore.has | has} tells which.
   */
  ttlMs(key: string): number | undefined;

  /**
   * When `key` expires, in milliseconds since 1970. `undefined` when the key has
   * no deadline or is absent.
   */
  deadline(key: string): number | undefined;

  /**
   * Gives `key` a new TTL in whole milliseconds; 0 or less deletes it, as Redis's
   * PEXPIRE does. Answers whether the key was present.
   */
  expire(key: string, ttlMs: number): boolean;

  /**
   * Gives `key` a new deadline in whole milliseconds since 1970; one that has
   * passed, or is 0 or less, deletes it. Answers whether the key was present.
   */
  expireAt(key: string, deadline: number): boolean;

  /** Removes the deadline of `key`; answers whether there was one. */
  persist(key: string): boolean;

  /**
   * Looks at no more than `budget` entries that have a deadline, going on where
   * the last sweep stopped, and removes the expired ones. Answers how many it
   * removed. A budget of `Infinity` looks at all of them. A budget that is
   * neither that nor a whole number from 1 on is `INVALID_ARGUMENT`.
   */
  sweep(budget: number): number;
}
