import type { FrozenView, SnapshotEntry } from '@kv/persistence';
import { EntryType } from '@kv/protocol';
import type { Keyspace, KeyspaceObserver } from '@kv/server';
import { type ByteEvictionPolicy, ByteStore, type Journal, OneRange } from '@kv/store';
import { DatabaseRangeError, type Engine, EntryTypeError } from './engine.ts';

/** How a daemon's engine is made. */
export interface ByteEngineOptions {
  readonly databases: number;
  /** 0 is without a limit. */
  readonly maxBytes: number;
  readonly evictionPolicy: ByteEvictionPolicy;
  /** Told every write, deletion, expiry and eviction, one at a time. */
  readonly changed: () => void;
  /** As `Math.random`. */
  readonly random: () => number;
}

/** The daemon's engine: a `ByteStore`, whose frozen views are what snapshots are written from. */
export class ByteEngine implements Engine {
  maxBytes = 0;
  evictionPolicy: ByteEvictionPolicy = 'noeviction';
  observer: KeyspaceObserver | undefined;
  private readonly store: ByteStore;
  private readonly restored = new OneRange();
  private restoring = false;

  constructor({ databases, maxBytes, evictionPolicy, changed, random }: ByteEngineOptions) {
    const tell = (): void => {
      // What comes from the snapshot need not be saved.
      if (!this.restoring) changed();
    };
    this.store = new ByteStore({ databases, journal: this.journal(tell), random });
    this.limit(maxBytes, evictionPolicy);
  }

  /** What the store tells, passed on to whoever counts changes and whoever observes them. */
  private journal(tell: () => void): Journal {
    const keyOf = (database: number, ref: number) => this.store.at(database).keyOf(ref);
    const wrote = (database: number, ref: number) => {
      tell();
      this.observer?.wrote(database, keyOf(database, ref));
    };
    return {
      put: wrote,
      deadline: wrote,
      remove: (database, ref, why) => {
        tell();
        this.observer?.removed(database, keyOf(database, ref), why);
      },
      // A flush is told by the server, which knows of running saves.
      flush: (database) => this.observer?.flushed(database),
      swap: (one, other) => {
        tell();
        this.observer?.swapped(one, other);
      },
    };
  }

  limit(maxBytes: number, policy: ByteEvictionPolicy): void {
    this.maxBytes = maxBytes;
    this.evictionPolicy = policy;
    this.store.limit(maxBytes, policy);
  }

  get touching(): boolean {
    return this.store.touching;
  }

  set touching(touching: boolean) {
    this.store.touching = touching;
  }

  get count(): number {
    return this.store.count;
  }

  get now(): number {
    return this.store.now;
  }

  set now(time: number) {
    this.store.now = time;
  }

  get expired(): number {
    return this.store.expired;
  }

  get evicted(): number {
    return this.store.evicted;
  }

  get usedBytes(): number {
    return this.store.usedBytes;
  }

  get liveBytes(): number {
    return this.store.liveBytes;
  }

  makeRoom(incomingBytes: number, otherBytes: number): boolean {
    return this.store.makeRoom(incomingBytes, otherBytes);
  }

  get longestPauseMs(): Readonly<Record<string, number>> {
    return this.store.longestPauseMs;
  }

  at(index: number): Keyspace {
    return this.store.at(index);
  }

  swap(one: number, other: number): void {
    this.store.swap(one, other);
  }

  used(): Iterable<readonly [index: number, keyspace: Keyspace]> {
    return this.store.used();
  }

  sweep(budget: number): number {
    return this.store.sweep(budget);
  }

  /** {@link EntrySource}: the entries of this moment, while others are changed. */
  freeze(): FrozenView {
    return this.store.freeze();
  }

  /** {@link EntrySink}: one entry of a snapshot. */
  restore({ database, key, value, type, encoding, deadline }: SnapshotEntry): void {
    if (database >= this.count) throw new DatabaseRangeError(database, this.count);
    if (type !== EntryType.STRING) throw new EntryTypeError(type);
    const range = this.restored.take(key);
    this.restoring = true;
    try {
      const db = this.store.at(database);
      db.set(range, 0, value, 0, value.length, encoding, deadline ?? 0);
    } finally {
      this.restoring = false;
    }
  }
}
