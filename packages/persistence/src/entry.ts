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
  /** Called exactly once, after the last entry or on failure: whatever was kept for the view can go. */
  close(): void;
}

/** Where entries to be saved come from. */
export interface EntrySource {
  /** Takes the point-in-time view. Called synchronously by whoever asks for a save. */
  freeze(): FrozenView;
}

/** Where restored entries go. */
export interface EntrySink {
  /**
   * Takes one entry. The entry, its key and its value are valid during this call only: they are views
   * into a buffer that is used again. Keep a copy (`entry.value.slice()`), never the view.
   */
  restore(entry: SnapshotEntry): void;
}
