/** One entry of a keyspace, as persistence knows it: bytes with numbers beside them. */
export interface SnapshotEntry {
  /** Number of the database, 0 to 65535. */
  readonly database: number;
  /** The key's bytes, at most `KEY_BYTES_MAX`; may be empty. */
  readonly key: Uint8Array;
  /** The value's bytes, at most `VALUE_BYTES_MAX`; may be empty. */
  readonly value: Uint8Array;
  /** What kind of thing the value is, 0 to 255; the owner's number. */
  readonly type: number;
  /** How the value's bytes are to be read, 0 to 255; the owner's number. */
  readonly encoding: number;
  /** Absolute Unix milliseconds, an integer from 0 to 2^53-1; `undefined` when it never expires. */
  readonly deadline: number | undefined;
}

/**
 * All entries as they were at one moment. Its owner goes on writing while it is iterated, slice by
 * slice, and what the owner writes must not show in it.
 *
 * An entry and its bytes must hold still only until the next one is asked for, so an iterator may hand
 * out one object again and again, and views into its own memory. It is iterated at most once.
 */
export interface FrozenView extends Iterable<SnapshotEntry> {
  /** How many entries to expect. Used for progress only; being wrong harms nothing. */
  readonly count: number;
  /**
   * Writes entries into a target, going on where the last call or the iteration has stopped, until there is no room
   * for the next one: true then, and false when all have been written. Where it is there it is used, and the
   * iterator only for an entry that no target has room for.
   */
  copyTo?(target: EntryTarget): boolean;
  /** Called exactly once, after the last entry or on failure: whatever was kept for the view can go. */
  close(): void;
}

/** Takes entries without an object for each: numbers first, then bytes at the place that was answered. */
export interface EntryTarget {
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  /**
   * Begins an entry; a deadline of 0 is none. Answers where its key goes, and its value goes right behind; -1 when there
   * is no room, and nothing has begun. Up to 8 bytes behind the value may be overwritten.
   */
  put(
    database: number,
    type: number,
    encoding: number,
    deadline: number,
    keyLength: number,
    valueLength: number,
  ): number;
}

/** Where entries to be saved come from. */
export interface EntrySource {
  /** Takes the point-in-time view. Called synchronously by whoever asks for a save. */
  freeze(): FrozenView;
}

/**
 * Many entries by number: keys and values as ranges of one array of bytes, and what else belongs to them.
 * Arrays may be longer than `count`.
 */
export interface EntryBatch {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  readonly database: Int32Array;
  readonly type: Int32Array;
  readonly encoding: Int32Array;
  readonly keyOffset: Int32Array;
  readonly keyLength: Int32Array;
  readonly valueOffset: Int32Array;
  readonly valueLength: Int32Array;
  /** Absolute Unix milliseconds; 0 when it never expires. */
  readonly deadline: Float64Array;
}

/** Where restored entries go. */
export interface EntrySink {
  /**
   * Takes many entries at once, in their order, where that is faster than one by one; the batch is valid during
   * this call only. A snapshot's blocks are given to this where it is there. When it throws, some of them may
   * have been taken. They need not be found before {@link restored}.
   */
  restoreAll?(batch: EntryBatch): void;

  /** Told after the last call of {@link restoreAll}, whether it has failed or not. May throw likewise. */
  restored?(): void;

  /**
   * Takes one entry. The entry, its key and its value are valid during this call only: they are views
   * into a buffer that is used again. Keep a copy (`entry.value.slice()`), never the view.
   */
  restore(entry: SnapshotEntry): void;
}
