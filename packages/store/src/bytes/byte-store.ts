import { Account } from './account.ts';
import { ByteDatabase } from './byte-database.ts';
import { type ByteEvictionPolicy, Evictor } from './evictor.ts';
import { FrozenBytes } from './frozen-bytes.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import type { Journal } from './journal.ts';
import { type Allocate, Memory } from './memory.ts';
import { type BackgroundJob, Pauses } from './pauses.ts';
import type { ByteStoreShared } from './shared.ts';

/** A slot of an index: a hash and a ref. */
const SLOT_BYTES = 8;

/** How a {@link ByteStore} is made. */
export interface ByteStoreOptions {
  /** How many numbered databases there are. Default 1. */
  readonly databases?: number;
  /** Is told every change. Default: nobody, at no cost. */
  readonly journal?: Journal;
  /** Two random words that nobody else knows. Default: the host's `crypto`. */
  readonly hashSecret?: readonly [number, number];
  /** Where memory comes from; throws when there is none. Default `new ArrayBuffer`. */
  readonly allocate?: Allocate;
  /** Between 0 and 1, for {@link ByteStore.random}. Default `Math.random`. */
  readonly random?: () => number;
  /** Monotonic milliseconds, for {@link ByteStore.longestPauseMs}. Default `performance.now`. */
  readonly monotonic?: () => number;
  /** The number of the first segment; other than 0 only to test high refs. */
  readonly firstSegment?: number;
}

function hostSecret(): readonly [number, number] {
  const [a = 0, b = 0] = crypto.getRandomValues(new Int32Array(2));
  return [a, b];
}

/**
 * Byte keys and byte values outside of JavaScript's heap: no garbage collector ever
 * looks at an entry, growing never pauses, and a snapshot can be taken while it is
 * written. ARCHITECTURE.md says how.
 *
 * This is the engine's own face: keys and values are ranges of bytes, records are
 * refs, numbers that stay good until the next write.
 *
 * @example
 * ```ts
 * import { ByteStore, OneRange } from '@kv/store';
 *
 * const store = new ByteStore({ databases: 16 });
 * store.now = Date.now();
 * const db = store.at(0);
 * const key = new OneRange();
 * const value = Uint8Array.of(1, 2, 3);
 * db.set(key.take('a'), 0, value, 0, value.length, 0, 0);
 * const ref = db.find(key.take('a'), 0);
 * db.valueView(ref).slice(); // => value
 * db.remove(key.take('a'), 0); // => true
 * db.find(key.take('a'), 0); // => 0
 * ```
 */
export class ByteStore {
  readonly memory: Memory;
  private readonly shared: ByteStoreShared;
  private readonly databases: (ByteDatabase | undefined)[];
  private evictedBefore = 0;

  constructor(options: ByteStoreOptions = {}) {
    const allocate = options.allocate ?? ((bytes) => new ArrayBuffer(bytes));
    this.memory = new Memory(allocate, options.firstSegment);
    this.databases = new Array(options.databases ?? 1);
    this.shared = {
      memory: this.memory,
      hasher: new HalfSipHash(options.hashSecret ?? hostSecret()),
      allocate,
      journal: options.journal,
      random: options.random ?? Math.random,
      now: 0,
      ghosts: new Map(),
      view: undefined,
      left: [],
      expired: 0,
      touching: true,
      evictor: undefined,
      indexAccount: new Account(),
      besideAccount: new Account(),
      evictorAccount: new Account(),
      pauses: new Pauses(options.monotonic ?? (() => performance.now())),
    };
  }

  /** How many numbered databases there are. */
  get count(): number {
    return this.databases.length;
  }

  /** The time by which deadlines are judged, in Unix milliseconds, until it is set again. */
  get now(): number {
    return this.shared.now;
  }

  set now(time: number) {
    this.shared.now = time;
  }

  /** Whether what is found counts as used, for eviction; true at first. */
  get touching(): boolean {
    return this.shared.touching;
  }

  set touching(touching: boolean) {
    this.shared.touching = touching;
  }

  /** Entries that have expired and been removed. */
  get expired(): number {
    return this.shared.expired;
  }

  /** Database `index`, made when it is first asked for. */
  at(index: number): ByteDatabase {
    let database = this.databases[index];
    if (database === undefined) {
      database = new ByteDatabase(index, this.shared);
      this.databases[index] = database;
    }
    return database;
  }

  /** Exchanges the entries of two databases. */
  swap(one: number, other: number): void {
    const [first, second] = [this.at(one), this.at(other)];
    first.number = other;
    second.number = one;
    this.databases[one] = second;
    this.databases[other] = first;
    this.shared.journal?.swap?.(one, other);
  }

  /** Bytes of segments, indexes, large values and structures, and of what eviction remembers. */
  get usedBytes(): number {
    const { indexAccount, besideAccount, evictorAccount, view } = this.shared;
    const beside = besideAccount.bytes + evictorAccount.bytes + (view?.keptBytes ?? 0);
    return this.memory.usedBytes + indexAccount.bytes + beside;
  }

  /** Bytes of the entries themselves and their slots in the index, without gaps and dead records. */
  get liveBytes(): number {
    let live = 0;
    for (const [, { log, beside, size }] of this.used())
      live += log.liveGranules * 8 + beside.bytes + size * SLOT_BYTES;
    return live;
  }

  /** The longest that a job beside has made anyone wait so far, in milliseconds. */
  get longestPauseMs(): Readonly<Record<BackgroundJob, number>> {
    return this.shared.pauses.longestMs;
  }

  /** Entries that were evicted. */
  get evicted(): number {
    return this.evictedBefore + (this.shared.evictor?.evicted ?? 0);
  }

  /** Keeps the store within `bytes` from now on, by {@link makeRoom}; 0 is without a limit. */
  limit(bytes: number, policy: ByteEvictionPolicy): void {
    this.evictedBefore = this.evicted;
    this.shared.evictor?.close();
    this.shared.evictor =
      bytes === 0
        ? undefined
        : new Evictor(policy, bytes, {
            memory: this.memory,
            random: this.shared.random,
            databases: () => [...this.used()].map(([, database]) => database),
            usedBytes: () => this.usedBytes,
            account: this.shared.evictorAccount,
          });
  }

  /**
   * To be called before a write that may need memory: evicts a little if the limit is
   * reached, the more the more is about to be written. `otherBytes` count like the store's own.
   * False: nothing may be evicted, and the write should be refused.
   */
  makeRoom(incomingBytes = 0, otherBytes = 0): boolean {
    const { evictor, pauses } = this.shared;
    if (evictor === undefined || !evictor.isOver(otherBytes)) return true;
    const began = pauses.begin();
    const made = evictor.makeRoom(incomingBytes, otherBytes);
    pauses.end('eviction', began);
    return made;
  }

  /** The databases that hold something. */
  *used(): Iterable<readonly [index: number, database: ByteDatabase]> {
    for (const [index, database] of this.databases.entries())
      if (database !== undefined && database.size > 0) yield [index, database];
  }

  /**
   * Removes expired entries; looks at `budget` records at most, and answers at how many
   * it did: at fewer than the budget when nothing more is due.
   */
  sweep(budget: number): number {
    const { pauses } = this.shared;
    const began = pauses.begin();
    let looked = 0;
    for (const [, database] of this.used()) {
      looked += database.sweeper.sweep(budget - looked, this.now);
      // Nobody may be writing: what expiry leaves behind is brought back from here.
      database.compact();
      if (looked === budget) break;
    }
    pauses.end('expiry', began);
    return looked;
  }

  /**
   * All entries as they are now, to be read while the store is written. One view at
   * a time: it must be closed before the next.
   */
  freeze(): FrozenBytes {
    const { shared } = this;
    if (shared.view !== undefined) throw new Error('a frozen view is still open');
    const databases = this.databases.filter((database) => database !== undefined);
    shared.view = new FrozenBytes(databases, shared, () => {
      shared.view = undefined;
    });
    return shared.view;
  }
}
