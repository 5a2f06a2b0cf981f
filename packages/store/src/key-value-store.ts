/**
 * Values under string keys, in memory, synchronous.
 *
 * A key is any string, the empty one and `__proto__` included; anything else
 * is refused with `INVALID_KEY`, numbers too. `undefined` always means absent,
 * so it cannot be stored (`INVALID_VALUE`); `null` can.
 *
 * @typeParam V - what is stored.
 *
 * @example
 * ```ts
 * import { InMemoryKeyValueStore, type KeyValueStore } from '@kv/store';
 *
 * function count(store: KeyValueStore<number>, key: string): number {
 *   const next = (store.get(key) ?? 0) + 1;
 *   store.set(key, next);
 *   return next;
 * }
 *
 * const store = new InMemoryKeyValueStore<number>();
 * count(store, 'visits'); // => 1
 * count(store, 'visits'); // => 2
 * ```
 */
export interface KeyValueStore<V> extends Iterable<[string, V]> {
  /** How many entries are held. A store with TTLs may count expired ones: see its own page. */
  readonly size: number;

  /** The value under `key`, or `undefined` when there is none. */
  get(key: string): V | undefined;

  /** Whether `key` is present. */
  has(key: string): boolean;

  /** Stores `value` under `key` and forgets what was there. */
  set(key: string, value: V): void;

  /** Removes `key`; answers whether it was present. */
  delete(key: string): boolean;

  /** The value under each key, in the order asked, `undefined` where there is none. */
  getMany(keys: Iterable<string>): (V | undefined)[];

  /**
   * Stores every pair and answers how many were given. All are checked before
   * the first is written; of duplicate keys the last wins.
   */
  setMany(pairs: Iterable<readonly [string, V]>): number;

  /** Removes everything; answers how many entries were held ({@link size} before the call). */
  clear(): number;

  /**
   * The keys. The store may change meanwhile: what is present throughout comes
   * exactly once, what is removed before its turn does not come.
   */
  keys(): IterableIterator<string>;

  /** The values; see {@link keys} for changes meanwhile. */
  values(): IterableIterator<V>;

  /** Key and value of every entry; see {@link keys} for changes meanwhile. */
  entries(): IterableIterator<[string, V]>;

  /** The same as {@link entries}. */
  [Symbol.iterator](): IterableIterator<[string, V]>;
}
