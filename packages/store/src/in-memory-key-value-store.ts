import { checkedKeys, checkedPairs, checkKey, checkValue } from './arguments.ts';
import type { KeyValueStore } from './key-value-store.ts';

/**
 * A {@link KeyValueStore} of JavaScript values without expiry. It keeps
 * references: what `get` answers is the very object that was stored.
 *
 * Entries are iterated in the order in which their keys were first set.
 *
 * @typeParam V - what is stored.
 *
 * @example
 * ```ts
 * import { InMemoryKeyValueStore } from '@kv/store';
 *
 * const store = new InMemoryKeyValueStore<string>();
 * store.setMany([['1', 'one'], ['2', 'two']]); // => 2
 * store.getMany(['2', '3']); // => ['two', undefined]
 * store.delete('1'); // => true
 * store.clear(); // => 1
 * ```
 */
export class InMemoryKeyValueStore<V> implements KeyValueStore<V> {
  readonly #values = new Map<string, V>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    checkKey(key);
    return this.#values.get(key);
  }

  has(key: string): boolean {
    checkKey(key);
    return this.#values.has(key);
  }

  set(key: string, value: V): void {
    checkKey(key);
    checkValue(value);
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    checkKey(key);
    return this.#values.delete(key);
  }

  getMany(keys: Iterable<string>): (V | undefined)[] {
    return checkedKeys(keys).map((key) => this.#values.get(key));
  }

  setMany(pairs: Iterable<readonly [string, V]>): number {
    const checked = checkedPairs(pairs);
    for (const [key, value] of checked) this.#values.set(key, value);
    return checked.length;
  }

  clear(): number {
    const removed = this.#values.size;
    this.#values.clear();
    return removed;
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  values(): IterableIterator<V> {
    return this.#values.values();
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.#values.entries();
  }
}
