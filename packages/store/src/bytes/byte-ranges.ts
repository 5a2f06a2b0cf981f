import { SLACK_BYTES } from './layout.ts';

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
   * The first record with the hash of a key that was prefetched, or 0; whoever uses it looks whether
   * that is alive and has the key.
   */
  readonly ref: Int32Array;
  /** Whose records they are: the database that prefetched, or `undefined`. */
  hintedBy: unknown;
  /** The version of its index at that time: what was absent is still so if it has not changed. */
  hintVersion: number;
  /** {@link Memory.voided} at that time: records may lie elsewhere if it has changed. */
  hintVoided: number;
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
  readonly ref = new Int32Array(1);
  readonly hintedBy = undefined;
  readonly hintVersion = 0;
  readonly hintVoided = 0;
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
