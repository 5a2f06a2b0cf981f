/** The least that a kept partial frame gets, so that it does not grow byte by byte. */
const KEPT_BYTES_MIN = 1024;

/**
 * What has arrived from a client and not been executed: `[start, end)` of `bytes`.
 *
 * A chunk is used where it is while nothing older is left; only a partial frame is
 * copied. Room grows with what has arrived, never with what was announced.
 */
export class InputTail {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** `bytes` is ours, with room behind `end`. */
  private own = false;
  /** The whole length of the frame at `start`, once it is known. */
  private wanted = 0;

  /** Adds a chunk, which must not be written to afterwards. */
  add(chunk: Uint8Array): void {
    const left = this.end - this.start;
    if (left === 0) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.own = false;
      return;
    }
    const needed = left + chunk.length;
    if (!this.own || this.start + needed > this.bytes.length) this.move(left, needed);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Drops what lies before `offset`. */
  consume(offset: number): void {
    this.start = offset;
    if (offset < this.end) return;
    this.bytes = new Uint8Array(0);
    this.start = 0;
    this.end = 0;
    this.own = false;
  }

  /** Says how long the frame at `start` will be, so that its room is not outgrown at the last byte. */
  expect(frameBytes: number): void {
    this.wanted = frameBytes;
  }

  /** Moves what is left to the front of an array with room for `needed` bytes. */
  private move(left: number, needed: number): void {
    const doubled = Math.max(KEPT_BYTES_MIN, needed * 2);
    const size = needed <= this.wanted ? Math.min(doubled, this.wanted) : doubled;
    const target = new Uint8Array(size);
    target.set(this.bytes.subarray(this.start, this.end));
    this.bytes = target;
    this.start = 0;
    this.end = left;
    this.own = true;
  }
}
