import type { ValueSource } from '@kv/protocol';

/** Byte ranges by number, as a `RequestBatch` holds its arguments. */
export interface ByteRanges {
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  /** What {@link Keyspace.prefetch} left here for look-ups; nobody else reads it. */
  readonly hash: Int32Array;
  readonly ref: Int32Array;
  hintedBy: unknown;
  hintVersion: number;
  hintVoided: number;
  /** Whoever stores a value may keep `bytes`; it says so by making this false. */
  adoptable: boolean;
}

/** Ranges of which those with the numbers `keys[0, keyCount)` are keys. */
interface KeyBatch extends ByteRanges {
  readonly keys: Int32Array;
  readonly keyCount: number;
}

/**
 * One numbered database, as the server needs it. Keys are byte ranges; a record is
 * a number, `ref`, that stays good until the next write to this database or the
 * next turn of the event loop. 0 is no record. Expired entries are never found.
 *
 * A deadline is absolute Unix milliseconds; 0 is none.
 */
export interface Keyspace extends ValueSource {
  /** Entries; may count expired ones that have not been swept. */
  readonly size: number;
  /** How many of them have a deadline. */
  readonly expiringSize: number;

  /** Gets ready to look the keys of a batch up: a hint, that changes no answer. */
  prefetch(batch: KeyBatch): void;
  find(ranges: ByteRanges, key: number): number;
  /**
   * Writes an entry: `length` bytes of `value` at `offset`, which are copied. Throws an
   * error whose `code` is `OUT_OF_MEMORY` when there is none, and has changed nothing then.
   */
  set(
    ranges: ByteRanges,
    key: number,
    value: Uint8Array,
    offset: number,
    length: number,
    encoding: number,
    deadline: number,
  ): void;
  /**
   * Writes other bytes over the value of an entry that was just found; its encoding and deadline
   * stay, and its ref. False: they do not fit there, and nothing has changed.
   */
  overwrite(ref: number, value: Uint8Array, offset: number, length: number): boolean;
  /** Sets or, with 0, removes the deadline of an entry that exists. */
  setDeadline(ranges: ByteRanges, key: number, deadline: number): void;
  /** False: there was no such entry. */
  remove(ranges: ByteRanges, key: number): boolean;

  typeOf(ref: number): number;
  /** How often it was read lately, for eviction: a small number. */
  frequencyOf(ref: number): number;
  deadlineOf(ref: number): number;
  /** Bytes of memory that an entry takes, with all that belongs to it. */
  memoryOf(ref: number): number;
  /** The bytes themselves; good as long as the ref. */
  valueView(ref: number): Uint8Array;
  keyOf(ref: number): Uint8Array;

  /**
   * Visits about `count` entries from a cursor, 0 being the start, and answers the
   * next cursor, 0 being the end. An entry present throughout is visited once.
   */
  scan(cursor: number, count: number, visit: (ref: number) => void): number;
  /** An entry chosen at random, or 0. */
  random(): number;
  /** Removes everything; answers how many entries there were. */
  clear(): number;
}

/** Why an entry is gone. */
export type Removal = 'deleted' | 'expired' | 'evicted';

/** Is told every change as it happens, and must not change anything then. Keys are views. */
export interface KeyspaceObserver {
  /** An entry was written, whole or its deadline alone; `isNew`: there was none under its key. */
  wrote(database: number, key: Uint8Array, isNew: boolean): void;
  /** An entry goes; until this returns it can be read by its `ref`. */
  removed(database: number, key: Uint8Array, why: Removal, ref: number): void;
  /** All entries of a database are gone. */
  flushed(database: number): void;
  /** Two databases have exchanged their entries. */
  swapped(one: number, other: number): void;
}

/** The numbered databases. */
export interface Keyspaces {
  readonly count: number;
  /** Database `index`, made when it is first asked for. */
  at(index: number): Keyspace;
  /** Exchanges the entries of two databases. */
  swap(one: number, other: number): void;
  /** The databases that hold something, for INFO. */
  used(): Iterable<readonly [index: number, keyspace: Keyspace]>;
  /** Who is told what changes. */
  observer: KeyspaceObserver | undefined;
  /** The time by which deadlines are judged, until it is set again. */
  now: number;
  /** Whether what is found counts as used, for eviction. */
  touching: boolean;
  /** Entries that have expired and been removed. */
  readonly expired: number;
  /** Entries that were removed to keep within `maxmemory`. */
  readonly evicted: number;
  /** Bytes that hold the entries: records, gaps between them, index. */
  readonly usedBytes: number;
  /** Bytes of the entries alone. */
  readonly liveBytes: number;
  /** The limit for {@link usedBytes}; 0 is none. */
  readonly maxBytes: number;
  /** What goes when the limit is reached, by Redis's name for it. */
  readonly evictionPolicy: string;
  /**
   * Called before a command that may need memory, with the length of the request, and
   * the bytes that count besides those of the keyspaces. False: there is none, and the
   * command is refused.
   */
  makeRoom(incomingBytes: number, otherBytes: number): boolean;
  /** The longest that each job in the background has made anyone wait so far, in milliseconds. */
  readonly longestPauseMs: Readonly<Record<string, number>>;
}

/** Keeps the data on disk. */
export interface Snapshots {
  readonly saving: boolean;
  /** Unix seconds at which the last save ended well; at first, the start-up. */
  readonly lastSaveAt: number;
  readonly lastSaveOk: boolean;
  /** What made the last save fail, for people; `undefined` when it did not. */
  readonly lastSaveError: string | undefined;
  readonly lastSaveDurationMs: number;
  /** Why writes are refused now, for people; `undefined` when they are not. */
  readonly failure: string | undefined;
  /** Entries written so far by a running save. */
  readonly savedEntries: number;
  /** Changes since the last save that ended well. */
  readonly changes: number;
  /** Writes a snapshot. Rejects with a `code` of `SAVE_IN_PROGRESS` during another. */
  save(): Promise<unknown>;
  /** The databases were emptied: what a running save holds must not come back. */
  flushed(): void;
}

/** Keeps every change on disk, where a log is kept; it may begin and end while the server runs. */
export interface AppendOnlyLog {
  readonly enabled: boolean;
  /** It is kept yet, but about to be removed, so that nothing is made durable by it any more. */
  readonly ending: boolean;
  /** Whether replies have to wait: what they show could still be lost. */
  readonly holds: boolean;
  /** Calls back once, when replies to all that has been executed may be sent; false: they never may. */
  whenReleased(released: (safe: boolean) => void): void;
  /** Calls back once, when all that has been executed is on disk, and hurries that; false: it never will be. */
  whenDurable(released: (safe: boolean) => void): void;
  /** Why writes are refused now, for people; `undefined` when they are not. */
  readonly failure: string | undefined;
  /** Length of the log, and of the part of it that the last rewrite has written. */
  readonly bytes: number;
  readonly baseBytes: number;
  readonly rewriting: boolean;
  readonly lastRewriteOk: boolean;
  readonly lastRewriteError: string | undefined;
  /** `undefined` before the first. */
  readonly lastRewriteMs: number | undefined;
  /** Writes the log anew. Rejects with a `code` of `LOG_REWRITE_RUNNING` during another. */
  rewrite(): Promise<unknown>;
}

/** What SHUTDOWN asks of the process. */
export interface Lifecycle {
  /** Saves (by default, when there are save points) and stops. Rejects when the save fails. */
  shutdown(options: { save: boolean | undefined; force: boolean }): Promise<void>;
}

/** The options, by name; the values are as in the configuration file. */
export interface Configuration {
  /** What CONFIG GET shows. */
  parameters(): Iterable<readonly [name: string, value: string]>;
  /** Changes all of these, or none; answers why it did not, for people. */
  change(pairs: readonly (readonly [name: string, value: string])[]): string | undefined;
  /** Writes what has changed into the file that it was read from; answers why it did not, for people. */
  rewrite(): string | undefined;
}

/** Limits that can change while the server runs. */
export interface Limits {
  /** More clients than this are refused with an error. */
  readonly connectionsMax: number;
  /** Clients that send nothing for so long are disconnected; 0 is never. */
  readonly idleMsMax: number;
}

/** What is measured and kept of commands; may be replaced while the server runs. */
export interface Diagnostics {
  /** Microseconds from which a command is in the slow log; 0 is all of them, less is none. */
  readonly slowerThanUs: number;
  /** Entries of the slow log. */
  readonly slowLogMax: number;
  /** Milliseconds from which LATENCY keeps an event; 0 is never. */
  readonly latencyMs: number;
  /** Whether the distribution of each command's durations is kept. */
  readonly tracking: boolean;
  /** The percentiles of them that INFO shows. */
  readonly percentiles: readonly number[];
}

/** What DEBUG does to the process. */
export interface Debugging {
  /** From where it is allowed: `local` is this machine. */
  readonly allowed: 'no' | 'yes' | 'local';
  /** Whether expired entries are removed that nobody asks for. */
  activeExpiry(on: boolean): void;
  /** Stops everything for so long. */
  block(ms: number): void;
}

/** Unix milliseconds. */
export interface Clock {
  now(): number;
}

/** Timers run on the monotonic clock. */
export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  setInterval(callback: () => void, ms: number): unknown;
  clearInterval(handle: unknown): void;
  /** Runs the callback when waiting input has had its turn. */
  setImmediate(callback: () => void): unknown;
}

/** Structured log lines; pino's shape. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
