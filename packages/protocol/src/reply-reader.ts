import { ProtocolError } from './errors.ts';
import { FRAME_HEADER_BYTES, FRAME_LENGTH_BYTES } from './frame.ts';
import { REPLY_BYTES_MAX } from './limits.ts';

/** The least that a kept partial frame gets, so that it does not grow byte by byte. */
const KEPT_BYTES_MIN = 4096;

/**
 * Splits what a server sends into frames, for clients. Bodies are left where they
 * arrived: {@link next} says where one lies, and it stays good until the next
 * {@link push}. Who reads into the same memory again calls {@link keep} before.
 *
 * @example
 * ```ts
 * reader.push(chunk);
 * while (reader.next()) decode(reader.kind, reader.bytes, reader.bodyStart, reader.bodyEnd);
 * reader.keep();
 * ```
 */
export class ReplyReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** The frame that {@link next} found: one of `FrameKind`, and its body. */
  kind = 0;
  bodyStart = 0;
  bodyEnd = 0;
  /** What has not been consumed: `[at, end)` of `bytes`. */
  private at = 0;
  private end = 0;
  /** Whether `bytes` is this reader's own, with room behind `end`. */
  private own = false;

  /** Adds bytes that arrived, `chunk[0, length)`. They are not copied while nothing is left over. */
  push(chunk: Uint8Array, length: number = chunk.length): void {
    if (this.at === this.end) {
      this.bytes = chunk;
      this.at = 0;
      this.end = length;
      this.own = false;
      return;
    }
    const left = this.end - this.at;
    const needed = left + length;
    if (!this.own || this.at + needed > this.bytes.length) this.move(left, needed);
    this.bytes.set(length === chunk.length ? chunk : chunk.subarray(0, length), this.end);
    this.end += length;
  }

  /** Copies what is left over out of the chunk that was pushed, whose memory is the owner's again. */
  keep(): void {
    if (this.own) return;
    const left = this.end - this.at;
    if (left > 0) this.move(left, left);
  }

  /** Moves what is left to the front of an array with room for `needed` bytes. */
  private move(left: number, needed: number): void {
    const fits = this.own && needed <= this.bytes.length;
    const target = fits ? this.bytes : new Uint8Array(Math.max(KEPT_BYTES_MIN, needed * 2));
    if (fits) target.copyWithin(0, this.at, this.end);
    else target.set(this.bytes.subarray(this.at, this.end));
    this.bytes = target;
    this.at = 0;
    this.end = left;
    this.own = true;
  }

  /**
   * Finds the next whole frame. False: more bytes are needed. A length is judged as
   * soon as its four bytes are there; memory follows what has arrived.
   *
   * @throws {@link ProtocolError} for a length that no server sends
   */
  next(): boolean {
    const { bytes, at, end } = this;
    if (end - at < FRAME_LENGTH_BYTES) return false;
    const length =
      (bytes[at] as number) * 0x1000000 +
      (((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number));
    if (length < 2 || length > REPLY_BYTES_MAX)
      throw new ProtocolError(`the server announced a frame of ${length} bytes`);
    const next = at + FRAME_LENGTH_BYTES + length;
    if (next > end) return false;
    this.kind = bytes[at + FRAME_LENGTH_BYTES] as number;
    this.bodyStart = at + FRAME_HEADER_BYTES;
    this.bodyEnd = next;
    this.at = next;
    return true;
  }
}
