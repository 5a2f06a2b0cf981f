import type { SnapshotEntry } from './entry.ts';
import { type Environment, resolveEnvironment } from './environment.ts';
import { describe, SnapshotError } from './errors.ts';
import { AppendLog } from './log/append-log.ts';
import type { EffectSink } from './log/effect-sink.ts';
import { LogError } from './log/log-errors.ts';
import type { LogEventListener } from './log/log-events.ts';
import type { RewriteThreshold } from './log/log-options.ts';
import type { FsyncPolicy } from './log/log-sync.ts';
import {
  APPLICATION_VALUE,
  encodeKey,
  ownKey,
  type SnapshotStore,
  storeSource,
  type ValueCodec,
} from './store-entries.ts';

/** When an entry that is written shall expire: one of these, or never. */
export interface LoggedSetOptions {
  readonly ttlMs?: number;
  readonly deadline?: number;
  readonly keepTtl?: boolean;
}

/** What a {@link LoggedStore} needs of a store. `@kv/store`'s `ExpiringKeyValueStore<V>` has it. */
export interface LoggableStore<V> extends SnapshotStore<V> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V, options?: LoggedSetOptions): unknown;
  delete(key: string): boolean;
  expire(key: string, ttlMs: number): boolean;
  expireAt(key: string, deadline: number): boolean;
  persist(key: string): boolean;
  clear(): number;
}

export interface OpenLoggedStoreOptions<V> extends Partial<Environment> {
  /** The log's own; made, with its parents, if missing. One process at a time. */
  readonly directory: string;
  /** Empty. From here on it is written through the `LoggedStore` only. */
  readonly store: LoggableStore<V>;
  /** For instance `{ encode: serialize, decode: deserialize }` of `node:v8`. */
  readonly codec: ValueCodec<V>;
  /** Default `everysec`. */
  readonly fsync?: FsyncPolicy | undefined;
  /** Default 100% and 64 MiB. */
  readonly rewriteAt?: RewriteThreshold | undefined;
  /** Called synchronously for everything worth a line in a log; must not throw. */
  readonly onEvent?: LogEventListener | undefined;
}

const DATABASE = 0;
const NO_DEADLINE = 0;

/**
 * A store of this process whose every change is in an append-only log, so that it is there again after a
 * crash. Reads are the store's; a write is encoded, made in memory, and on its way to the disk when it
 * returns. `durable()` resolves when all writes so far are on disk.
 *
 * What expires is not written: deadlines are absolute. What a bounded store evicts is not told to anybody, so
 * that it may be there again after a restart, and is evicted again.
 */
export class LoggedStore<V> implements AsyncDisposable {
  /** The log underneath: policy, failure, rewrites, sizes. */
  readonly log: AppendLog;
  private readonly store: LoggableStore<V>;
  private readonly codec: ValueCodec<V>;

  /** @internal use {@link openLoggedStore} */
  constructor(log: AppendLog, { store, codec }: OpenLoggedStoreOptions<V>) {
    this.log = log;
    this.store = store;
    this.codec = codec;
  }

  get size(): number {
    return this.store.size;
  }

  get(key: string): V | undefined {
    return this.store.get(key);
  }

  has(key: string): boolean {
    return this.store.has(key);
  }

  /** Absolute Unix milliseconds; `undefined` when the key never expires or is absent. */
  deadline(key: string): number | undefined {
    return this.store.deadline(key);
  }

  entries(): Iterable<readonly [key: string, value: V]> {
    return this.store.entries();
  }

  [Symbol.iterator](): Iterator<readonly [key: string, value: V]> {
    return this.entries()[Symbol.iterator]();
  }

  /** Stores a value; what cannot be encoded throws before anything has changed. */
  set(key: string, value: V, options?: LoggedSetOptions): void {
    const name = encodeKey(key);
    const bytes = this.codec.encode(value);
    this.store.set(key, value, options);
    // A deadline that has passed already leaves nothing.
    if (!this.store.has(key)) {
      this.logRemoval(name);
      return;
    }
    const { effects } = this.log;
    const deadline = this.store.deadline(key) ?? NO_DEADLINE;
    const at = effects.put(DATABASE, APPLICATION_VALUE, 0, deadline, name.length, bytes.length);
    effects.bytes.set(name, at);
    effects.bytes.set(bytes, at + name.length);
  }

  /** Removes a key; answers whether it was present. */
  delete(key: string): boolean {
    const existed = this.store.delete(key);
    if (existed) this.logRemoval(encodeKey(key));
    return existed;
  }

  /** Gives a key a new TTL; 0 or less deletes it. Answers whether it was present. */
  expire(key: string, ttlMs: number): boolean {
    return this.rescheduled(key, this.store.expire(key, ttlMs));
  }

  /** Gives a key a new deadline; one that has passed deletes it. Answers whether it was present. */
  expireAt(key: string, deadline: number): boolean {
    return this.rescheduled(key, this.store.expireAt(key, deadline));
  }

  /** Removes the deadline of a key; answers whether there was one. */
  persist(key: string): boolean {
    return this.rescheduled(key, this.store.persist(key));
  }

  /** Removes everything; answers how many entries there were. */
  clear(): number {
    const count = this.store.clear();
    this.log.effects.flush(DATABASE);
    return count;
  }

  /** Resolves when everything so far is on disk; rejects with why it will not be. */
  durable(): Promise<void> {
    return this.log.durable();
  }

  /** Makes everything durable and closes the log. What is written afterwards is not kept. */
  close(): Promise<void> {
    return this.log.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private rescheduled(key: string, changed: boolean): boolean {
    if (!changed) return false;
    const name = encodeKey(key);
    if (this.store.has(key)) {
      const { effects } = this.log;
      const deadline = this.store.deadline(key) ?? NO_DEADLINE;
      effects.bytes.set(name, effects.deadline(DATABASE, deadline, name.length));
    } else this.logRemoval(name);
    return true;
  }

  private logRemoval(name: Uint8Array): void {
    const { effects } = this.log;
    effects.bytes.set(name, effects.remove(DATABASE, name.length));
  }
}

/**
 * Opens a directory: what was written in it is in the store then, and what is written from now on is there
 * after a crash.
 *
 * @throws LogDamagedError `LOG_DAMAGED`; LogError `LOG_NEWER`, `LOG_READ_FAILED`, `LOG_WRITE_FAILED`,
 * `LOG_RESTORE_FAILED` (the codec threw, or something else wrote the log; see `cause`)
 *
 * @example
 * const store = new ExpiringKeyValueStore<{ name: string }>();
 * const codec = { encode: serialize, decode: deserialize }; // of node:v8
 * await using users = await openLoggedStore({ directory: './data', store, codec, fsync: 'always' });
 * users.set('user:1', { name: 'Alice' });
 * await users.durable(); // there again after a power failure
 */
export async function openLoggedStore<V>(
  options: OpenLoggedStoreOptions<V>,
): Promise<LoggedStore<V>> {
  const { store, codec, directory, fsync, rewriteAt, onEvent } = options;
  const environment = resolveEnvironment(options);
  const log = await AppendLog.open({
    ...environment,
    directory,
    source: storeSource(store, codec),
    fsync,
    rewriteAt,
    onEvent,
  });
  const replayed = new ReplayedEntries(directory);
  await log.load(replayed);
  try {
    replayed.giveTo(options, environment.clock.now());
  } catch (error) {
    const message = `an entry of the log ${directory} could not be restored: ${describe(error)}`;
    throw new LogError('LOG_RESTORE_FAILED', message, { path: directory, cause: error });
  }
  await log.begin();
  return new LoggedStore(log, options);
}

/** What a log comes to; nothing expires in it, since a later effect may give an entry more time. */
class ReplayedEntries implements EffectSink {
  private readonly entries = new Map<string, { bytes: Uint8Array; deadline: number | undefined }>();
  private readonly path: string;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(path: string) {
    this.path = path;
  }

  giveTo<V>({ store, codec }: OpenLoggedStoreOptions<V>, now: number): void {
    for (const [key, { bytes, deadline }] of this.entries) {
      if (deadline !== undefined && deadline <= now) continue;
      const value = codec.decode(bytes);
      if (deadline === undefined) store.set(key, value);
      else store.set(key, value, { deadline });
    }
    this.entries.clear();
  }

  restore(entry: SnapshotEntry): void {
    const key = ownKey(entry, this.path);
    this.entries.set(key, { bytes: entry.value.slice(), deadline: entry.deadline });
  }

  restoreDeadline(_database: number, key: Uint8Array, deadline: number | undefined): void {
    const entry = this.entries.get(this.decoder.decode(key));
    if (entry !== undefined) entry.deadline = deadline;
  }

  restoreRemoval(_database: number, key: Uint8Array): void {
    this.entries.delete(this.decoder.decode(key));
  }

  restoreFlush(): void {
    this.entries.clear();
  }

  restoreSwap(): void {
    const message = `${this.path} was written by something that has several databases`;
    throw new SnapshotError('SNAPSHOT_FOREIGN', message, { path: this.path });
  }
}
