import { checkCount, checkValue } from '../arguments.ts';
import { type Clock, systemClock } from '../clock.ts';
import { checkedDeadline, deadlineAfter, NEVER, requestedDeadline } from '../deadline.ts';
import { KvStoreError } from '../errors.ts';
import type { SetOptions } from '../expiring-store.ts';
import type { ByteDatabase } from './byte-database.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import type { FrozenBytes } from './frozen-bytes.ts';
import { type KeyKind, stringKeys } from './key-kind.ts';
import type { Allocate } from './memory.ts';

/**
 * Turns values into bytes and back: msgpackr's `pack` and `unpack`, JSON, your own.
 *
 * @typeParam V - what is stored.
 */
export interface ValueCodec<V> {
  /** The bytes of a value. They are copied at once, so a buffer may be used again. */
  encode(value: V): Uint8Array;
  /** The value of the bytes, which are a copy of its own. */
  decode(bytes: Uint8Array): V;
}

/**
 * How a {@link ByteKeyValueStore} is made. Every option may be left out.
 *
 * @typeParam V - what is stored.
 * @typeParam K - what keys are answered as.
 */
export interface ByteKeyValueStoreOptions<V, K> {
  /** How values become bytes. Without one they are `Uint8Array`s. */
  readonly codec?: ValueCodec<V>;
  /** `stringKeys` by default, or `byteKeys`. */
  readonly keys?: KeyKind<K>;
  /** Where the time is read; the system's wall clock by default. */
  readonly clock?: Clock;
  /**
   * Told every entry that is removed because its deadline came, just after its
   * removal: on the next access or sweep, not at the deadline itself.
   */
  readonly onExpire?: (key: K, value: V) => void;
  /** Where memory comes from; throws when there is none. Default `new ArrayBuffer`. */
  readonly allocate?: Allocate;
}

/** Entries that an iteration looks up at a time. */
const SCAN_COUNT = 64;

const bytesAsTheyAre: ValueCodec<Uint8Array> = {
  encode: (value) => value,
  decode: (bytes) => bytes,
};

/**
 * A store with the interface of {@link ExpiringStore} that keeps its entries as bytes
 * outside of JavaScript's heap: tens of millions of them, without a pause for the
 * garbage collector and in about half of the memory of a `Map`.
 *
 * Values go through a codec, so `get` answers a copy and not the object that was
 * stored. Keys are strings, or bytes with `keys: byteKeys`, and always come back as
 * what `keys` says. An iteration has no order that means anything. The store may
 * change meanwhile: what is present throughout comes exactly once.
 *
 * Beside the errors of every store it throws a {@link ByteStoreError}: `TOO_LARGE`
 * for a key over 1 MiB or a value over 512 MiB, `OUT_OF_MEMORY` when there is no
 * more; the old entry stays.
 *
 * @typeParam V - what is stored.
 * @typeParam K - what keys are answered as: `string`, or `Uint8Array` with `byteKeys`.
 *
 * @example
 * ```ts
 * import { ByteKeyValueStore } from '@kv/store';
 *
 * const encoder = new TextEncoder();
 * const decoder = new TextDecoder();
 * const users = new ByteKeyValueStore<{ name: string }>({
 *   codec: {
 *     encode: (value) => encoder.encode(JSON.stringify(value)),
 *     decode: (bytes) => JSON.parse(decoder.decode(bytes)),
 *   },
 * });
 * users.set('user:1', { name: 'Alice' }, { ttlMs: 60_000 });
 * users.get('user:1'); // => { name: 'Alice' }
 * [...users.keys()]; // => ['user:1']
 * ```
 */
export class ByteKeyValueStore<V = Uint8Array, K extends string | Uint8Array = string> {
  readonly #engine: ByteStore;
  readonly #entries: ByteDatabase;
  readonly #codec: ValueCodec<V>;
  readonly #keys: KeyKind<K>;
  readonly #clock: Clock;
  readonly #onExpire: ((key: K, value: V) => void) | undefined;
  readonly #range = new OneRange();
  /** Expired entries that {@link #onExpire} has still to be told. */
  #told: [key: Uint8Array, value: Uint8Array][] = [];

  constructor(options: ByteKeyValueStoreOptions<V, K> = {}) {
    // Without a codec V is Uint8Array, without a kind of keys K is string: the defaults say so.
    this.#codec = options.codec ?? (bytesAsTheyAre as unknown as ValueCodec<V>);
    this.#keys = options.keys ?? (stringKeys as unknown as KeyKind<K>);
    this.#clock = options.clock ?? systemClock;
    this.#onExpire = options.onExpire;
    const journal = {
      put: () => {},
      deadline: () => {},
      flush: () => {},
      remove: (_: number, ref: number, why: string) => {
        if (why === 'expired') this.#told.push([this.#keyOf(ref), this.#valueOf(ref)]);
      },
    };
    this.#engine = new ByteStore({
      ...(options.allocate && { allocate: options.allocate }),
      ...(options.onExpire && { journal }),
    });
    this.#entries = this.#engine.at(0);
  }

  /** How many entries are held, expired ones that were not met or swept yet included. */
  get size(): number {
    return this.#entries.size;
  }

  /** Bytes that the entries and their index take, what is dead between them included. */
  get usedBytes(): number {
    return this.#engine.usedBytes;
  }

  get(key: K | string): V | undefined {
    this.#keys.check(key);
    const ref = this.#find(key);
    return ref === 0 ? undefined : this.#codec.decode(this.#valueOf(ref));
  }

  has(key: K | string): boolean {
    this.#keys.check(key);
    return this.#find(key) !== 0;
  }

  /** Stores `value`; see `ExpiringStore.set`. */
  set(key: K | string, value: V, options?: SetOptions): void {
    this.#keys.check(key);
    const bytes = this.#encode(value);
    const now = this.#clock.now();
    this.#write(key, bytes, requestedDeadline(options, now), options?.keepTtl === true, now);
  }

  delete(key: K | string): boolean {
    this.#keys.check(key);
    this.#engine.now = this.#clock.now();
    const existed = this.#entries.remove(this.#range.take(key), 0);
    this.#tell();
    return existed;
  }

  getMany(keys: Iterable<K | string>): (V | undefined)[] {
    const checked = [...keys];
    for (const key of checked) this.#keys.check(key);
    return checked.map((key) => this.get(key));
  }

  /** Encodes and checks every pair before it writes the first. */
  setMany(pairs: Iterable<readonly [K | string, V]>, options?: SetOptions): number {
    const checked = Array.from(pairs, ([key, value]) => {
      this.#keys.check(key);
      // A codec may use its buffer again for the next value.
      return [key, this.#encode(value).slice()] as const;
    });
    const now = this.#clock.now();
    const deadline = requestedDeadline(options, now);
    for (const [key, bytes] of checked)
      this.#write(key, bytes, deadline, options?.keepTtl === true, now);
    return checked.length;
  }

  /** Removes everything; answers how many entries were held. Their memory is given back. */
  clear(): number {
    return this.#entries.clear();
  }

  *keys(): IterableIterator<K> {
    for (const ref of this.#scan()) yield this.#keys.decode(this.#keyOf(ref));
  }

  *values(): IterableIterator<V> {
    for (const ref of this.#scan()) yield this.#codec.decode(this.#valueOf(ref));
  }

  *entries(): IterableIterator<[K, V]> {
    for (const ref of this.#scan()) {
      const value = this.#valueOf(ref);
      yield [this.#keys.decode(this.#keyOf(ref)), this.#codec.decode(value)];
    }
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  ttlMs(key: K | string): number | undefined {
    const deadline = this.deadline(key);
    return deadline === undefined ? undefined : deadline - this.#engine.now;
  }

  deadline(key: K | string): number | undefined {
    this.#keys.check(key);
    const ref = this.#find(key);
    return ref === 0 ? undefined : this.#entries.deadlineOf(ref) || undefined;
  }

  expire(key: K | string, ttlMs: number): boolean {
    const now = this.#clock.now();
    return this.#reschedule(key, deadlineAfter(ttlMs, now), now);
  }

  expireAt(key: K | string, deadline: number): boolean {
    return this.#reschedule(key, checkedDeadline(deadline), this.#clock.now());
  }

  persist(key: K | string): boolean {
    return this.deadline(key) !== undefined && this.#entries.setDeadline(this.#take(key), 0, 0);
  }

  /**
   * Looks at no more than `budget` records in places where something is due, and
   * removes the expired ones; answers how many. Goes on where the last sweep stopped.
   */
  sweep(budget: number): number {
    checkCount('budget', budget, Number.POSITIVE_INFINITY);
    this.#engine.now = this.#clock.now();
    const before = this.#engine.expired;
    this.#engine.sweep(budget);
    this.#tell();
    return this.#engine.expired - before;
  }

  /**
   * All entries as they are now, as bytes, to be read at leisure while the store is
   * written. One view at a time; close it when it has been read.
   */
  freeze(): FrozenBytes {
    this.#engine.now = this.#clock.now();
    return this.#engine.freeze();
  }

  #take(key: K | string): OneRange {
    return this.#range.take(key);
  }

  /** The record of a key, or 0, by the time that it is now. */
  #find(key: K | string | Uint8Array): number {
    this.#engine.now = this.#clock.now();
    const ref = this.#entries.find(this.#range.take(key), 0);
    this.#tell();
    return ref;
  }

  #keyOf(ref: number): Uint8Array {
    return this.#entries.keyOf(ref).slice();
  }

  #valueOf(ref: number): Uint8Array {
    return this.#entries.valueView(ref).slice();
  }

  #encode(value: V): Uint8Array {
    checkValue(value);
    const bytes: unknown = this.#codec.encode(value);
    if (bytes instanceof Uint8Array) return bytes;
    throw new KvStoreError('INVALID_VALUE', 'a value must be a Uint8Array, or encoded to one');
  }

  #write(
    key: K | string,
    bytes: Uint8Array,
    deadline: number,
    keepTtl: boolean,
    now: number,
  ): void {
    this.#engine.now = now;
    const range = this.#range.take(key);
    let until = deadline === NEVER ? 0 : deadline;
    if (keepTtl) {
      const old = this.#entries.find(range, 0);
      if (old !== 0) until = this.#entries.deadlineOf(old);
    }
    this.#entries.set(range, 0, bytes, 0, bytes.length, 0, until);
    // A deadline that has passed already: the entry goes at once.
    if (until !== 0 && until <= now) this.#entries.find(range, 0);
    this.#tell();
  }

  #reschedule(key: K | string, deadline: number, now: number): boolean {
    this.#keys.check(key);
    this.#engine.now = now;
    const range = this.#range.take(key);
    const existed =
      deadline <= now
        ? this.#entries.remove(range, 0)
        : this.#entries.setDeadline(range, 0, deadline);
    this.#tell();
    return existed;
  }

  /** The callback comes last, when the store is whole again, since it may change it. */
  #tell(): void {
    while (this.#told.length > 0) {
      const [key, value] = this.#told.shift() as [Uint8Array, Uint8Array];
      this.#onExpire?.(this.#keys.decode(key), this.#codec.decode(value));
    }
  }

  /** All records, each good until the next write; found again by key, since others may write. */
  *#scan(): Iterable<number> {
    let cursor = 0;
    do {
      const keys: Uint8Array[] = [];
      this.#engine.now = this.#clock.now();
      cursor = this.#entries.scan(cursor, SCAN_COUNT, (ref) => keys.push(this.#keyOf(ref)));
      for (const key of keys) {
        const ref = this.#find(key);
        if (ref !== 0) yield ref;
      }
    } while (cursor !== 0);
  }
}
