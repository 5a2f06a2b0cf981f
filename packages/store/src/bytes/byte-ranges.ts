import type { ByteRanges } from './byte-database.ts';
import { SLACK_BYTES } from './layout.ts';

/** One key, and one value behind it, as the engine takes them; used again for every call. */
export class OneRange implements ByteRanges {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  readonly offset = new Int32Array(1);
  readonly length = new Int32Array(1);
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
