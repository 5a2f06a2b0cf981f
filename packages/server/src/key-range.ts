import type { ByteRanges } from './ports.ts';

/** Room for most keys, and words behind them. */
const ROOM_BYTES = 256;

/** One key that is in no request, as a keyspace takes it; used again for every call. */
export class KeyRange implements ByteRanges {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  readonly offset = new Int32Array(1);
  readonly length = new Int32Array(1);
  readonly hash = Int32Array.of(-1);
  readonly ref = new Int32Array(1);
  readonly hintedBy = undefined;
  readonly hintVersion = 0;
  readonly hintVoided = 0;
  readonly adoptable = false;

  /** Takes a key, which is copied: an array and a view of it for each would cost more. */
  take(key: Uint8Array): this {
    if (key.length > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(ROOM_BYTES, key.length * 2));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(key);
    this.length[0] = key.length;
    return this;
  }
}
