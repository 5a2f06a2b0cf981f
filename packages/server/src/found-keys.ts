import type { ByteRanges } from './ports.ts';

const KEYS_MIN = 1024;
const BYTES_MIN = 64 * 1024;
/** Behind the last key, so that it can be read by words. */
const SLACK_BYTES = 64;

/** Keys that a scan has found, copied into one array: an object for each would be garbage. */
export class FoundKeys implements ByteRanges {
  bytes = new Uint8Array(BYTES_MIN);
  view = new DataView(this.bytes.buffer);
  offset = new Int32Array(KEYS_MIN);
  length = new Int32Array(KEYS_MIN);
  hash = new Int32Array(KEYS_MIN);
  ref = new Int32Array(KEYS_MIN);
  /** All of them are keys. */
  keys = Int32Array.from({ length: KEYS_MIN }, (_, i) => i);
  keyCount = 0;
  hintedBy: unknown = undefined;
  hintVersion = 0;
  hintVoided = 0;
  readonly adoptable = false;
  private end = 0;

  clear(): void {
    this.keyCount = 0;
    this.end = 0;
    this.hintedBy = undefined;
  }

  add(key: Uint8Array): void {
    if (this.keyCount === this.keys.length) this.growCount();
    if (this.end + key.length + SLACK_BYTES > this.bytes.length) this.growBytes(key.length);
    this.bytes.set(key, this.end);
    this.offset[this.keyCount] = this.end;
    this.length[this.keyCount] = key.length;
    this.keyCount++;
    this.end += key.length;
  }

  private growCount(): void {
    const grown = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(old.length * 2);
      larger.set(old);
      return larger;
    };
    this.offset = grown(this.offset);
    this.length = grown(this.length);
    this.hash = grown(this.hash);
    this.ref = grown(this.ref);
    this.keys = Int32Array.from({ length: this.keys.length * 2 }, (_, i) => i);
  }

  private growBytes(needed: number): void {
    const larger = new Uint8Array((this.bytes.length + needed) * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
