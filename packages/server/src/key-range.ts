import type { ByteRanges } from './ports.ts';

/** One key that is in no request, as a keyspace takes it; used again for every call. */
export class KeyRange implements ByteRanges {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  readonly offset = new Int32Array(1);
  readonly length = new Int32Array(1);
  readonly hash = Int32Array.of(-1);
  readonly place = new Int32Array(1);
  readonly hintedBy = undefined;
  readonly hintVersion = 0;
  readonly adoptable = false;

  /** Points at a key. */
  take(key: Uint8Array): this {
    this.bytes = key as Uint8Array<ArrayBuffer>;
    this.view = new DataView(key.buffer as ArrayBuffer, key.byteOffset, key.byteLength);
    this.length[0] = key.length;
    return this;
  }
}
