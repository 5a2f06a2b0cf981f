/** `Buffer` where the host has one (its UTF-8 writer is native), a plain array elsewhere. */
function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  return typeof Buffer === 'undefined' ? new Uint8Array(bytes) : Buffer.allocUnsafeSlow(bytes);
}

/**
 * A growing run of bytes that encoders append to.
 *
 * The owner reads `bytes[0, position)` and sets `position` back to 0 to use it
 * again. Encoders call {@link room} first and then write without checks.
 *
 * @example
 * ```ts
 * const writer = new ByteWriter();
 * writer.room(5);
 * writer.view.setUint32(writer.position, 7, false);
 * writer.position += 4;
 * writer.copy(); // Uint8Array [0, 0, 0, 7]
 * ```
 */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** Where the next byte goes; everything before it has been written. */
  position = 0;

  constructor(capacityBytes = 1024) {
    this.bytes = allocate(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes sure that `count` more bytes fit; may replace `bytes` and `view`. */
  room(count: number): void {
    const needed = this.position + count;
    if (needed > this.bytes.length) this.grow(needed);
  }

  /** What was written, as an array of its own. */
  copy(): Uint8Array<ArrayBuffer> {
    // The constructor copies; `slice` would give a Buffer where `bytes` is one.
    return new Uint8Array(this.bytes.subarray(0, this.position));
  }

  private grow(needed: number): void {
    const grown = allocate(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
