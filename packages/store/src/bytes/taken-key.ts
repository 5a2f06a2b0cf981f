import type { ByteRanges } from './byte-ranges.ts';
import { SLACK_BYTES } from './layout.ts';

const TAIL_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** Whether a range is what lies at a word of a region, zeros behind it; both have `length` bytes. */
export function equalsWords(
  words: Int32Array,
  at: number,
  view: DataView,
  offset: number,
  length: number,
): boolean {
  const whole = length >>> 2;
  for (let i = 0; i < whole; i++)
    if (words[at + i] !== view.getInt32(offset + i * 4, true)) return false;
  const tail = TAIL_MASKS[length & 3] as number;
  return tail === 0 || words[at + whole] === (view.getInt32(offset + whole * 4, true) & tail);
}

/** Copies a key to a word of a region, padded with zeros to 8 bytes. */
export function writeKeyWords(
  words: Int32Array,
  at: number,
  view: DataView,
  offset: number,
  length: number,
): void {
  const whole = length >>> 2;
  for (let i = 0; i < whole; i++) words[at + i] = view.getInt32(offset + i * 4, true);
  if ((length & 7) === 0) return;
  if ((whole & 1) === 0) words[at + whole + 1] = 0;
  words[at + whole] = view.getInt32(offset + whole * 4, true) & (TAIL_MASKS[length & 3] as number);
}

/**
 * The key of the operation at hand, where it lies, with room behind it to be read by
 * words; a key at the end of its bytes is copied for that.
 */
export class TakenKey {
  bytes = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  offset = 0;
  length = 0;
  private scratch = this.bytes;
  private scratchView = this.view;

  /** Points at a key. */
  take(ranges: ByteRanges, key: number): void {
    const offset = ranges.offset[key] as number;
    const length = ranges.length[key] as number;
    const { bytes } = ranges;
    this.length = length;
    if (offset + length + SLACK_BYTES <= bytes.length) {
      this.view = ranges.view;
      this.bytes = bytes as Uint8Array<ArrayBuffer>;
      this.offset = offset;
      return;
    }
    if (this.scratch.length < length + SLACK_BYTES) {
      this.scratch = new Uint8Array((length + SLACK_BYTES) * 2);
      this.scratchView = new DataView(this.scratch.buffer);
    }
    this.scratch.set(bytes.subarray(offset, offset + length));
    this.view = this.scratchView;
    this.bytes = this.scratch;
    this.offset = 0;
  }

  /** Whether it is the key at a byte of an array; both have the same length. */
  equalsBytes(other: Uint8Array, at: number): boolean {
    const { bytes, offset, length } = this;
    for (let i = 0; i < length; i++) if (other[at + i] !== bytes[offset + i]) return false;
    return true;
  }

  /** Copies it to a word of a region, padded with zeros to 8 bytes. */
  writeWords(words: Int32Array, at: number): void {
    writeKeyWords(words, at, this.view, this.offset, this.length);
  }

  /** The key itself. */
  get range(): Uint8Array {
    return this.bytes.subarray(this.offset, this.offset + this.length);
  }
}
