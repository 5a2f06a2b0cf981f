import type { ByteRanges } from '@kv/store';
import { KEY_BYTES, keyOf, writeKeyDigits } from '../keys.ts';

/** Requests in one input buffer, as a server has them: each a key with a value behind it. */
export class Requests implements ByteRanges {
  readonly count: number;
  readonly bytes: Buffer<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  readonly hash: Int32Array;
  readonly ref: Int32Array;
  hintedBy: unknown = undefined;
  hintVersion = 0;
  hintVoided = 0;
  adoptable = false;
  readonly keyBytes: number;
  readonly valueBytes: number;

  constructor(count: number, valueBytes: number, keyBytes = KEY_BYTES) {
    const stride = keyBytes + valueBytes;
    this.count = count;
    this.keyBytes = keyBytes;
    this.valueBytes = valueBytes;
    this.bytes = Buffer.alloc(count * stride + 8, 'v');
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.offset = Int32Array.from({ length: count }, (_, i) => i * stride);
    this.length = new Int32Array(count).fill(keyBytes);
    this.hash = new Int32Array(count).fill(-1);
    this.ref = new Int32Array(count);
    for (const at of this.offset) this.bytes.set(keyOf(0, keyBytes), at);
  }

  /** Makes request `i` one for key number `key`; the value begins with the same number. */
  put(i: number, key: number): void {
    const at = this.offset[i] as number;
    const value = at + this.keyBytes;
    writeKeyDigits(this.bytes, value, key);
    this.view.setUint32(value, key, true);
  }

  /** The key of request `i`, as the value says. */
  keyNumber(i: number): number {
    return this.view.getUint32((this.offset[i] as number) + this.keyBytes, true);
  }

  /** Random keys below `limit`. */
  putRandom(random: (limit: number) => number, limit: number): void {
    for (let i = 0; i < this.count; i++) this.put(i, random(limit));
  }

  /** The keys from `first` on. */
  putFrom(first: number): void {
    for (let i = 0; i < this.count; i++) this.put(i, first + i);
  }
}

/** Where values are copied to, one for each request. */
export class Output {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;

  constructor({ count, valueBytes }: Requests) {
    this.bytes = Buffer.alloc(count * valueBytes + 8);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** The number that the value of request `i` begins with. */
  keyNumber(i: number, { valueBytes }: Requests): number {
    return this.view.getUint32(i * valueBytes, true);
  }
}
