import type { EffectBuffer, EntryBatch, FrozenView, SnapshotEntry } from '@kv/persistence';
import { EntryType } from '@kv/protocol';
import type { Keyspace, KeyspaceObserver } from '@kv/server';
import {
  type Allocate,
  type BulkLoad,
  type ByteEvictionPolicy,
  ByteStore,
  type Journal,
  OneRange,
} from '@kv/store';
import { DatabaseRangeError, type Engine, EntryTypeError } from './engine.ts';

/** Two words of 32 bits. */
const SECRET_BYTES = 8;

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
  /** For the secret of its hashes. Default: the host's `crypto`. */
  readonly randomBytes?: ((count: number) => Uint8Array) | undefined;
  /** Where memory comes from. Default: `ArrayBuffer`s. */
  readonly allocate?: Allocate | undefined;
}

/** The daemon's engine: a `ByteStore`, whose frozen views are what snapshots are written from. */
export class ByteEngine implements Engine {
  maxBytes = 0;
  evictionPolicy: ByteEvictionPolicy = 'noeviction';
  observer: KeyspaceObserver | undefined;
  private readonly store: ByteStore;
  effects: EffectBuffer | undefined;
  restoring = false;
  private readonly restoredKey = new OneRange();
  /** The databases that a snapshot is being loaded into. */
  private readonly loads = new Map<number, BulkLoad>();
  private readonly changed: () => void;

  constructor(options: ByteEngineOptions) {
    const { databases, maxBytes, evictionPolicy, changed, random, randomBytes, allocate } = options;
    this.changed = changed;
    const secret = randomBytes && { hashSecret: secretOf(randomBytes(SECRET_BYTES)) };
    const memory = allocate && { allocate };
    this.store = new ByteStore({
      ...{ databases, journal: this.journal(), random },
      ...secret,
      ...memory,
    });
    this.limit(maxBytes, evictionPolicy);
  }

  /**
   * What the store tells: it counts towards the save points, goes into the log if there is
   * one, and to whoever observes. What comes from the disk is none of their business.
   */
  private journal(): Journal {
    return {
      put: (database, ref, isNew) => {
        if (this.restoring) return;
        this.changed();
        if (this.effects !== undefined) this.logPut(this.effects, database, ref);
        this.wrote(database, ref, isNew);
      },
      deadline: (database, ref, deadline) => {
        if (this.restoring) return;
        this.changed();
        const { effects } = this;
        if (effects !== undefined) {
          const db = this.store.at(database);
          const at = effects.deadline(database, deadline, db.keyLength(ref));
          db.copyKey(ref, effects.bytes, effects.view, at);
        }
        this.wrote(database, ref, false);
      },
      remove: (database, ref, why) => {
        if (this.restoring) return;
        this.changed();
        const { effects } = this;
        const db = this.store.at(database);
        if (effects !== undefined) {
          const at = effects.remove(database, db.keyLength(ref));
          db.copyKey(ref, effects.bytes, effects.view, at);
        }
        this.observer?.removed(database, db.keyOf(ref), why, ref);
      },
      // Counted by the server, which knows of running saves.
      flush: (database) => {
        if (this.restoring) return;
        this.effects?.flush(database);
        this.observer?.flushed(database);
      },
      swap: (one, other) => {
        if (this.restoring) return;
        this.changed();
        this.effects?.swap(one, other);
        this.observer?.swapped(one, other);
      },
    };
  }

  private wrote(database: number, ref: number, isNew: boolean): void {
    this.observer?.wrote(database, this.store.at(database).keyOf(ref), isNew);
  }

  private logPut(effects: EffectBuffer, database: number, ref: number): void {
    const db = this.store.at(database);
    const keyLength = db.keyLength(ref);
    const at = effects.put(
      database,
      db.typeOf(ref),
      db.encodingOf(ref),
      db.deadlineOf(ref),
      keyLength,
      db.valueLength(ref),
    );
    db.copyKey(ref, effects.bytes, effects.view, at);
    db.copyValue(ref, effects.bytes, effects.view, at + keyLength);
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

  /** {@link EffectSink}: an entry of a snapshot, or a put of the log. */
  restore({ database, key, value, type, encoding, deadline }: SnapshotEntry): void {
    if (type !== EntryType.STRING) throw new EntryTypeError(type);
    const db = this.restoredDatabase(database);
    db.set(this.restoredKey.take(key), 0, value, 0, value.length, encoding, deadline ?? 0);
  }

  /** {@link EffectSink}: the entries of a block of a snapshot, database by database as they come. */
  restoreAll(batch: EntryBatch): void {
    const { count, database, type } = batch;
    let from = 0;
    for (let i = 0; i < count; i++) {
      if (type[i] !== EntryType.STRING) throw new EntryTypeError(type[i] as number);
      if (i + 1 < count && database[i + 1] === database[from]) continue;
      this.loadInto(database[from] as number).add(batch, from, i + 1);
      from = i + 1;
    }
  }

  /** {@link EffectSink}: what the blocks have brought is to be found from now on. */
  restored(): void {
    const loads = [...this.loads.values()];
    this.loads.clear();
    for (const load of loads) load.end();
  }

  private loadInto(database: number): BulkLoad {
    const db = this.restoredDatabase(database);
    const load = this.loads.get(database) ?? db.beginLoad();
    this.loads.set(database, load);
    return load;
  }

  /** {@link EffectSink} */
  restoreDeadline(database: number, key: Uint8Array, deadline: number | undefined): void {
    this.restoredDatabase(database).setDeadline(this.restoredKey.take(key), 0, deadline ?? 0);
  }

  /** {@link EffectSink} */
  restoreRemoval(database: number, key: Uint8Array): void {
    this.restoredDatabase(database).remove(this.restoredKey.take(key), 0);
  }

  /** {@link EffectSink} */
  restoreFlush(database: number): void {
    this.restoredDatabase(database).clear();
  }

  /** {@link EffectSink} */
  restoreSwap(database: number, other: number): void {
    this.restoredDatabase(database);
    this.restoredDatabase(other);
    this.store.swap(database, other);
  }

  private restoredDatabase(database: number) {
    if (database >= this.count) throw new DatabaseRangeError(database, this.count);
    // A client that asks meanwhile how things are has moved the time on.
    this.store.now = 0;
    return this.store.at(database);
  }
}

function secretOf(bytes: Uint8Array): readonly [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getInt32(0), view.getInt32(4)];
}
