import { SLACK_BYTES } from './layout.ts';

/** A `place` that says: no entry has this key. */
export const ABSENT = -1;
/** A `place` that says nothing. */
export const UNKNOWN = -2;

/** Byte ranges by number: keys, and values behind them. */
export interface ByteRanges {
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  /** The hash of a key that was prefetched, by number; -1 where it is to be taken yet. */
  readonly hash: Int32Array;
  /**
   * Where the index held the first entry with the hash of this key, or {@link ABSENT}, or
   * {@link UNKNOWN}; whoever uses it looks whether that is still so.
   */
  readonly place: Int32Array;
  /** Whose places they are: the database that prefetched, or `undefined`. */
  hintedBy: unknown;
  /** The version of its index at that time: what was absent is still so if it has not changed. */
  hintVersion: number;
  /** Whoever stores a value may keep `bytes` instead of copying it; it says so by making this false. */
  adoptable: boolean;
}

/** Ranges of which some are keys that are looked up together. */
export interface KeyBatch extends ByteRanges {
  /** The numbers of the keys, `[0, keyCount)`. */
  readonly keys: Int32Array;
  readonly keyCount: number;
}

/** One key, and one value behind it, as the engine takes them; used again for every call. */
export class OneRange implements ByteRanges {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  readonly offset = new Int32Array(1);
  readonly length = new Int32Array(1);
  readonly hash = Int32Array.of(-1);
  readonly place = new Int32Array(1);
  readonly hintedBy = undefined;
  readonly hintVersion = 0;
  readonly adoptable = false;
  private readonly encoder = new TextEncoder();

  constructor(capacityBytes = 256) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Takes a key: a string as its UTF-8. */
  take(key: string | Uint8Array): this {
    if (typeof key === 'string') {
      this.reserve(key.length * 3);
      this.length[0] = this.encoder.encodeInto(key, this.bytes).written;
    } else {
      this.reserve(key.length);
      this.bytes.set(key);
      this.length[0] = key.length;
    }
    return this;
  }

  private reserve(length: number): void {
    if (length + SLACK_BYTES <= this.bytes.length) return;
    this.bytes = new Uint8Array((length + SLACK_BYTES) * 2);
    this.view = new DataView(this.bytes.buffer);
  }
}
