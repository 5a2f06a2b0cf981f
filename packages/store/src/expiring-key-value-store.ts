import { checkCount, checkedKeys, checkedPairs, checkKey, checkPair } from './arguments.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkedDeadline, deadlineAfter, NEVER, requestedDeadline } from './deadline.ts';
import type { Deadlines } from './deadlines.ts';
import { EvictionMap } from './eviction-map.ts';
import { checkedOptions, type ExpiringKeyValueStoreOptions } from './expiring-options.ts';
import type { ExpiringStore, SetOptions } from './expiring-store.ts';
import type { Slots } from './slots.ts';
import { TimedMap } from './timed-map.ts';

/**
 * How many deadlines a full store looks at for an expired entry before the
 * policy's victim has to go: few enough to cost less than the write itself.
 */
const EVICTION_SWEEP_BUDGET = 16;

/**
 * An {@link ExpiringStore} of JavaScript values: a cache or a small database
 * inside one process. It keeps references: what `get` answers is the very
 * object that was stored.
 *
 * An expired entry is removed when any method meets it, iteration included, or
 * by {@link sweep}; {@link startSweeping} calls that by itself. Until then
 * `size` and the answer of `clear` count it; {@link countLive} never does.
 *
 * Entries are iterated in the order in which their keys were first set. Under
 * `lru` and `sieve`, `get`, `getMany`, `set` and `setMany` count as a use; `has`,
 * {@link peek}, iteration and the methods about TTLs do not.
 *
 * A callback may change the store. If it throws, the error reaches whoever
 * called the method that met the entry.
 *
 * @typeParam V - what is stored.
 *
 * @example
 * ```ts
 * import { ExpiringKeyValueStore } from '@kv/store';
 *
 * const evicted: string[] = [];
 * const cache = new ExpiringKeyValueStore<{ name: string }>({
 *   maxEntries: 2,
 *   onEvict: (key) => evicted.push(key),
 * });
 * cache.set('user:1', { name: 'Alice' }, { ttlMs: 60_000 });
 * cache.set('user:2', { name: 'Bob' });
 * cache.get('user:1')?.name; // => 'Alice'
 * cache.set('user:3', { name: 'Carol' });
 * evicted; // => ['user:2']
 * ```
 */
export class ExpiringKeyValueStore<V> implements ExpiringStore<V> {
  /** The entries; values are not `undefined`, so a value found is a key found. */
  readonly #values: TimedMap<V> | EvictionMap<V>;
  /** The same object in a bounded store, `undefined` in an unbounded one. */
  readonly #bounded: EvictionMap<V> | undefined;
  /** The same in an unbounded store; empty in a bounded one. */
  readonly #unbounded: TimedMap<V>;
  /** For reading from an unbounded store; `undefined` in a bounded one. */
  readonly #found: TimedMap<V>['found'] | undefined;
  /** Those of the unbounded store. */
  readonly #slots: Slots<V>;
  /** The deadlines of the entries. */
  readonly #deadlines: Deadlines;
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #onExpire: ((key: string, value: V) => void) | undefined;
  readonly #onEvict: ((key: string, value: V) => void) | undefined;

  /** @throws KvStoreError `INVALID_ARGUMENT` for a bad `maxEntries` or `policy`. */
  constructor(options: ExpiringKeyValueStoreOptions<V> = {}) {
    const { clock = systemClock, maxEntries, policy, onExpire, onEvict } = checkedOptions(options);
    this.#bounded = maxEntries === undefined ? undefined : new EvictionMap(policy, maxEntries);
    this.#unbounded = new TimedMap(clock.now());
    this.#found = this.#bounded === undefined ? this.#unbounded.found : undefined;
    this.#slots = this.#unbounded.slots;
    this.#values = this.#bounded ?? this.#unbounded;
    this.#deadlines = this.#values.deadlines;
    this.#maxEntries = maxEntries ?? Number.POSITIVE_INFINITY;
    this.#clock = clock;
    this.#onExpire = onExpire;
    this.#onEvict = onEvict;
  }

  /** How many entries are held, expired ones that were not met or swept yet included. */
  get size(): number {
    return this.#values.size;
  }

  /** How many entries are not expired: exact, at the cost of a look at every deadline. */
  countLive(): number {
    if (this.#deadlines.size === 0) return this.#values.size;
    return this.#values.size - this.#deadlines.countDue(this.#clock.now());
  }

  get(key: string): V | undefined {
    checkKey(key);
    const found = this.#found;
    if (found === undefined) return this.#getBounded(this.#bounded as EvictionMap<V>, key);
    const value = found.get(key);
    // To ask a value for its type is to touch it, a miss in the cache that Map does not have.
    if (this.#slots.isUnused) return value as V | undefined;
    return typeof value === 'number' ? this.#getSlot(key, value) : value;
  }

  /** As {@link get}, but does not count as a use under the `lru` and `sieve` policies. */
  peek(key: string): V | undefined {
    checkKey(key);
    const value = this.#peek(key);
    if (value === undefined || this.#expired(key)) return undefined;
    return value;
  }

  has(key: string): boolean {
    checkKey(key);
    return this.#values.has(key) && !this.#expired(key);
  }

  set(key: string, value: V, options?: SetOptions): void {
    checkPair(key, value);
    if (options === undefined) {
      this.#writePlain(key, value);
      return;
    }
    const now = this.#clock.now();
    this.#write(key, value, requestedDeadline(options, now), !!options.keepTtl, now);
  }

  delete(key: string): boolean {
    return this.has(key) && this.#remove(key);
  }

  getMany(keys: Iterable<string>): (V | undefined)[] {
    const checked = checkedKeys(keys);
    const now = this.#deadlines.size === 0 ? 0 : this.#clock.now();
    return checked.map((key) => this.#get(key, now));
  }

  setMany(pairs: Iterable<readonly [string, V]>, options?: SetOptions): number {
    const checked = checkedPairs(pairs);
    const now = this.#clock.now();
    const deadline = requestedDeadline(options, now);
    for (const [key, value] of checked) {
      this.#write(key, value, deadline, !!options?.keepTtl, now);
    }
    return checked.length;
  }

  clear(): number {
    const removed = this.#values.size;
    this.#values.clear();
    return removed;
  }

  *keys(): IterableIterator<string> {
    for (const key of this.#values.keys()) {
      if (!this.#expired(key)) yield key;
    }
  }

  *values(): IterableIterator<V> {
    for (const [key, value] of this.#values.entries()) {
      if (!this.#expired(key)) yield value;
    }
  }

  *entries(): IterableIterator<[string, V]> {
    for (const entry of this.#values.entries()) {
      if (!this.#expired(entry[0])) yield entry;
    }
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }

  ttlMs(key: string): number | undefined {
    checkKey(key);
    const deadline = this.#deadlines.get(key);
    if (deadline === undefined) return undefined;
    const now = this.#clock.now();
    return this.#expired(key, now) ? undefined : deadline - now;
  }

  deadline(key: string): number | undefined {
    checkKey(key);
    const deadline = this.#deadlines.get(key);
    return deadline === undefined || this.#expired(key) ? undefined : deadline;
  }

  expire(key: string, ttlMs: number): boolean {
    const now = this.#clock.now();
    return this.#reschedule(key, deadlineAfter(ttlMs, now), now);
  }

  expireAt(key: string, deadline: number): boolean {
    return this.#reschedule(key, checkedDeadline(deadline), this.#clock.now());
  }

  persist(key: string): boolean {
    return this.has(key) && this.#deadlines.delete(key);
  }

  sweep(budget: number): number {
    checkCount('budget', budget, Number.POSITIVE_INFINITY);
    if (this.#deadlines.size === 0) return 0;
    return this.#deadlines.sweep(budget, this.#clock.now(), this.#expireNow);
  }

  #get(key: string, now: number): V | undefined {
    if (this.#bounded !== undefined) return this.#getBounded(this.#bounded, key, now);
    const value = this.#unbounded.found.get(key);
    return typeof value === 'number' ? this.#getSlot(key, value, now) : value;
  }

  #getSlot(key: string, slot: number, now?: number): V | undefined {
    const slots = this.#slots;
    if (!slots.isTimed(slot) || (now ?? this.#clock.now()) < slots.deadline(slot)) {
      return slots.value(slot);
    }
    this.#expireNow(key);
    return undefined;
  }

  #getBounded(bounded: EvictionMap<V>, key: string, now?: number): V | undefined {
    const slot = bounded.find(key);
    if (slot === undefined) return undefined;
    if (bounded.deadlines.size > 0) {
      const deadline = bounded.deadlines.at(slot);
      if (deadline <= Number.MAX_SAFE_INTEGER && (now ?? this.#clock.now()) >= deadline) {
        this.#expireNow(key);
        return undefined;
      }
    }
    return bounded.read(slot);
  }

  #peek(key: string): V | undefined {
    return this.#values.peek(key);
  }

  /** Removes `key` if its deadline has come. Reads the clock only if there is a deadline. */
  #expired(key: string, now?: number): boolean {
    if (this.#deadlines.size === 0) return false;
    const deadline = this.#deadlines.get(key);
    if (deadline === undefined || (now ?? this.#clock.now()) < deadline) return false;
    this.#expireNow(key);
    return true;
  }

  /** The callback comes last, when the store is whole again, since it may change it. */
  readonly #expireNow = (key: string): void => {
    const value = this.#peek(key);
    this.#remove(key);
    if (value !== undefined) this.#onExpire?.(key, value);
  };

  #remove(key: string): boolean {
    return this.#values.delete(key);
  }

  /** A write without a TTL reads the clock only where a deadline may have come. */
  #writePlain(key: string, value: V): void {
    const bounded = this.#bounded;
    if (bounded !== undefined) {
      if (bounded.deadlines.size > 0) {
        this.#writeBounded(bounded, key, value, NEVER, false, this.#clock.now());
        return;
      }
      bounded.set(key, value);
      if (bounded.size > this.#maxEntries) this.#makeRoom();
      return;
    }
    const slots = this.#slots;
    // Where no entry has a slot, what is there need not be looked up.
    const slot = slots.isUnused ? undefined : this.#unbounded.slot(key);
    if (slot === undefined) this.#unbounded.write(key, value);
    else if (!slots.isTimed(slot)) slots.setValue(slot, value);
    else this.#overwrite(slot, key, value, NEVER, false, this.#clock.now());
  }

  #write(key: string, value: V, deadline: number, keepTtl: boolean, now: number): void {
    const bounded = this.#bounded;
    if (bounded !== undefined) {
      this.#writeBounded(bounded, key, value, deadline, keepTtl, now);
      return;
    }
    const slot = this.#unbounded.slot(key);
    if (slot !== undefined) this.#overwrite(slot, key, value, deadline, keepTtl, now);
    else if (deadline === NEVER) this.#unbounded.write(key, value);
    else this.#unbounded.writeTimed(key, value, deadline);
    if (deadline <= now) this.#expireNow(key);
  }

  /** Overwrites what an unbounded store keeps in a slot. */
  #overwrite(
    slot: number,
    key: string,
    value: V,
    deadline: number,
    keepTtl: boolean,
    now: number,
  ): void {
    const slots = this.#slots;
    if (slots.deadline(slot) <= now) {
      // It has expired, not been overwritten: that is told, and its TTL is not kept.
      this.#expireNow(key);
      this.#write(key, value, deadline, false, now);
      return;
    }
    slots.setValue(slot, value);
    if (!keepTtl) slots.setDeadline(slot, deadline);
  }

  #writeBounded(
    bounded: EvictionMap<V>,
    key: string,
    value: V,
    deadline: number,
    keepTtl: boolean,
    now: number,
  ): void {
    const slot = bounded.find(key);
    if (slot !== undefined) this.#overwriteBounded(slot, key, value, deadline, keepTtl, now);
    else if (deadline === NEVER) bounded.add(key, value);
    else bounded.deadlines.put(bounded.add(key, value), deadline);
    if (deadline <= now) this.#expireNow(key);
    else if (bounded.size > this.#maxEntries) this.#makeRoom(now);
  }

  #overwriteBounded(
    slot: number,
    key: string,
    value: V,
    deadline: number,
    keepTtl: boolean,
    now: number,
  ): void {
    const bounded = this.#bounded as EvictionMap<V>;
    if (bounded.deadlines.at(slot) <= now) {
      // As above.
      this.#expireNow(key);
      this.#writeBounded(bounded, key, value, deadline, false, now);
      return;
    }
    bounded.rewrite(slot, value);
    if (deadline !== NEVER) bounded.deadlines.put(slot, deadline);
    else if (!keepTtl) bounded.deadlines.drop(slot);
  }

  #reschedule(key: string, deadline: number, now: number): boolean {
    checkKey(key);
    if (!this.#values.has(key) || this.#expired(key, now)) return false;
    if (deadline <= now) this.#remove(key);
    else this.#deadlines.set(key, deadline);
    return true;
  }

  /** Keeps to `maxEntries` after a write. `now` is given where any key may have a deadline. */
  #makeRoom(now?: number): void {
    const bounded = this.#bounded;
    if (bounded === undefined || bounded.size <= this.#maxEntries) return;
    if (now !== undefined) this.#deadlines.sweep(EVICTION_SWEEP_BUDGET, now, this.#expireNow);
    // The callback may add entries and so evict some itself: every round looks afresh.
    while (bounded.size > this.#maxEntries) {
      const key = bounded.victim() as string;
      const value = bounded.peek(key) as V;
      this.#remove(key);
      this.#onEvict?.(key, value);
    }
  }
}
