/**
 * What goes when a store is full: the entry that was least recently read or
 * written (`lru`), or the one whose key was first set longest ago (`fifo`).
 */
export type EvictionPolicy = 'lru' | 'fifo';

/** An entry, linked to its neighbours in the order of eviction. */
interface Link<V> {
  readonly key: string;
  value: V;
  older: Link<V> | undefined;
  newer: Link<V> | undefined;
}

/**
 * A Map that also knows which entry its policy evicts next.
 *
 * It has the methods of Map that a store needs, under the same names, so that
 * an unbounded store uses a bare Map in its place. The links are the order of
 * eviction; iteration follows the Map below, which makes changes meanwhile as
 * safe as with Map. (Deleting and setting again to move a key to a Map's end
 * would leave holes in front that every look for the oldest key walks over.)
 */
export class EvictionMap<V> {
  readonly #links = new Map<string, Link<V>>();
  readonly #touchOnUse: boolean;
  #oldest: Link<V> | undefined;
  #newest: Link<V> | undefined;

  constructor(policy: EvictionPolicy) {
    this.#touchOnUse = policy === 'lru';
  }

  get size(): number {
    return this.#links.size;
  }

  has(key: string): boolean {
    return this.#links.has(key);
  }

  /** Reads without counting as a use. */
  peek(key: string): V | undefined {
    return this.#links.get(key)?.value;
  }

  get(key: string): V | undefined {
    const link = this.#links.get(key);
    if (link === undefined) return undefined;
    if (this.#touchOnUse) this.#touch(link);
    return link.value;
  }

  set(key: string, value: V): void {
    const link = this.#links.get(key);
    if (link === undefined) {
      const added = { key, value, older: undefined, newer: undefined };
      this.#links.set(key, added);
      this.#append(added);
      return;
    }
    link.value = value;
    if (this.#touchOnUse) this.#touch(link);
  }

  delete(key: string): boolean {
    const link = this.#links.get(key);
    if (link === undefined) return false;
    this.#links.delete(key);
    this.#detach(link);
    return true;
  }

  clear(): void {
    this.#links.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  /** The key that goes next, `undefined` when there is none. */
  victim(): string | undefined {
    return this.#oldest?.key;
  }

  keys(): IterableIterator<string> {
    return this.#links.keys();
  }

  *entries(): IterableIterator<[string, V]> {
    for (const [key, link] of this.#links) yield [key, link.value];
  }

  #touch(link: Link<V>): void {
    if (link === this.#newest) return;
    this.#detach(link);
    this.#append(link);
  }

  #append(link: Link<V>): void {
    const newest = this.#newest;
    link.older = newest;
    link.newer = undefined;
    if (newest === undefined) this.#oldest = link;
    else newest.newer = link;
    this.#newest = link;
  }

  #detach(link: Link<V>): void {
    const { older, newer } = link;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
