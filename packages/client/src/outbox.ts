import { ByteWriter, type ValueCodec, writeRequest } from '@kv/protocol';
import type { Call } from './call.ts';

/** An array that grew for something large is not kept for the small that follows. */
const KEPT_BYTES_MAX = 1024 * 1024;

/**
 * Requests that have been encoded and not sent: one run of bytes, which goes out
 * in one write, and the calls they belong to, in order.
 */
export class Outbox {
  private readonly codec: ValueCodec;
  private writer = new ByteWriter(16 * 1024);
  private calls: Call[] = [];
  private cancelled = 0;

  constructor(codec: ValueCodec) {
    this.codec = codec;
  }

  get size(): number {
    return this.calls.length - this.cancelled;
  }

  /** Encodes a request at the back; `[start, end)` is where it lies. Throws what the codec throws. */
  encode(name: string, args: readonly unknown[]): { readonly start: number; readonly end: number } {
    const start = this.writer.position;
    writeRequest(this.writer, this.codec, name, args);
    return { start, end: this.writer.position };
  }

  /** The bytes of what was encoded last, as an array of its own. */
  copy(start: number, end: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.writer.bytes, start, end);
  }

  add(call: Call): void {
    this.calls.push(call);
  }

  /** A call was settled before it was sent: its bytes will not go out. */
  cancel(): void {
    this.cancelled++;
  }

  /** Everything that waits, oldest first. */
  waiting(): readonly Call[] {
    return this.calls.filter(({ settled }) => !settled);
  }

  /**
   * Hands over the bytes to send and their calls. `reuse` says whether the bytes may
   * be overwritten by the next requests.
   */
  take(send: (bytes: Uint8Array) => boolean): readonly Call[] {
    if (this.cancelled > 0) this.closeGaps();
    const { calls, writer } = this;
    const length = writer.position;
    const reuse = send(writer.bytes.subarray(0, length));
    if (reuse && writer.bytes.length <= KEPT_BYTES_MAX) writer.position = 0;
    else this.writer = new ByteWriter(16 * 1024);
    this.calls = [];
    return calls;
  }

  /** Puts requests that were sent on a lost connection in front of those that wait. */
  putBack(lost: readonly Call[]): void {
    this.closeGaps();
    const waiting = this.calls;
    const old = this.writer;
    this.writer = new ByteWriter(Math.max(16 * 1024, old.position));
    this.calls = [];
    for (const call of lost) {
      const again = call.again as readonly unknown[] | Uint8Array;
      call.start = this.writer.position;
      if (again instanceof Uint8Array) this.append(again);
      else writeRequest(this.writer, this.codec, call.name, again);
      call.end = this.writer.position;
      this.calls.push(call);
    }
    const shift = this.writer.position;
    this.append(old.bytes.subarray(0, old.position));
    for (const call of waiting) {
      call.start += shift;
      call.end += shift;
      this.calls.push(call);
    }
  }

  private append(bytes: Uint8Array): void {
    this.writer.room(bytes.length);
    this.writer.bytes.set(bytes, this.writer.position);
    this.writer.position += bytes.length;
  }

  /** Takes the bytes of cancelled calls out. */
  private closeGaps(): void {
    if (this.cancelled === 0) return;
    const { writer } = this;
    let position = 0;
    const kept = this.calls.filter(({ settled }) => !settled);
    for (const call of kept) {
      const length = call.end - call.start;
      writer.bytes.copyWithin(position, call.start, call.end);
      call.start = position;
      position += length;
      call.end = position;
    }
    writer.position = position;
    this.calls = kept;
    this.cancelled = 0;
  }
}
