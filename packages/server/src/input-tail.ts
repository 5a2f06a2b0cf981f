/** The least that a kept partial frame gets, so that it does not grow byte by byte. */
const KEPT_BYTES_MIN = 1024;

/** Room behind a frame whose length is known, for what its last chunk holds of the next one. */
const CHUNK_BYTES = 64 * 1024;

/** Room up to this is kept, however little is in it. */
const ROOMY_BYTES = 4 * CHUNK_BYTES;

const NO_BYTES = new Uint8Array(0);

/**
 * What has arrived from a client and not been executed: `[start, end)` of `bytes`.
 *
 * A chunk is used where it is while nothing older is left; only a partial frame is
 * copied. Room grows with what has arrived, never with what was announced.
 */
export class InputTail {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** `bytes` is ours, with room behind `end`. */
  own = false;
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
    const left = this.end - offset;
    if (left <= 0) {
      this.clear();
    } else if (this.own && this.bytes.length > Math.max(ROOMY_BYTES, left * 4)) {
      // The room of a giant frame is not kept for the beginning of a small one.
      this.bytes = new Uint8Array(this.bytes.subarray(offset, this.end));
      this.start = 0;
      this.end = left;
    }
  }

  /**
   * Drops what lies before `offset` after `bytes` has been given away: what is left is
   * copied, the rest belongs to somebody else now.
   */
  leave(offset: number): void {
    const left = this.end - offset;
    this.bytes = Uint8Array.prototype.slice.call(this.bytes, offset, this.end);
    this.start = 0;
    this.end = left;
    if (left === 0) this.clear();
  }

  /** Bytes of memory held for what has not been executed. */
  get heldBytes(): number {
    return this.own ? this.bytes.length : this.end - this.start;
  }

  /** Drops everything. */
  clear(): void {
    this.bytes = NO_BYTES;
    this.start = 0;
    this.end = 0;
    this.own = false;
    this.wanted = 0;
  }

  /** Says how long the frame at `start` will be, 0 for unknown, so that its room is not outgrown at the last byte. */
  expect(frameBytes: number): void {
    this.wanted = frameBytes;
  }

  /** Moves what is left to the front of an array with room for `needed` bytes. */
  private move(left: number, needed: number): void {
    const { bytes, start, end } = this;
    if (this.own && needed <= bytes.length) {
      bytes.copyWithin(0, start, end);
    } else {
      const doubled = Math.max(KEPT_BYTES_MIN, needed * 2);
      const enough = this.wanted > 0 ? Math.max(needed, this.wanted + CHUNK_BYTES) : doubled;
      this.bytes = new Uint8Array(Math.min(doubled, enough));
      this.bytes.set(bytes.subarray(start, end));
    }
    this.start = 0;
    this.end = left;
    this.own = true;
  }
}
