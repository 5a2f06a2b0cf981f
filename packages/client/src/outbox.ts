import { ByteWriter, type ValueCodec, writeRequest } from '@kv/protocol';
import { type Call, isWaiting } from './call.ts';
import { KvError } from './errors.ts';

const WRITER_BYTES = 16 * 1024;
/** An array that grew for something large is not kept for the small that follows. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** Gaps are closed when there are so many, and more of them than of calls. */
const GAPS_MIN = 64;

/**
 * Requests that have been encoded and not sent: one run of bytes, which goes out
 * in one write, and the calls they belong to, in order.
 */
export class Outbox {
  private readonly codec: ValueCodec;
  private writer = new ByteWriter(WRITER_BYTES);
  /** The writer that serves while the other's bytes are being sent. */
  private spare: ByteWriter | undefined;
  private calls: Call[] = [];
  private cancelled = 0;
  private encoding = false;

  constructor(codec: ValueCodec) {
    this.codec = codec;
  }

  get size(): number {
    return this.calls.length - this.cancelled;
  }

  /** Bytes that are held, those of cancelled calls included. */
  get bytes(): number {
    return this.writer.position;
  }

  /** Encodes a request at the back and returns where it starts. Throws what the codec throws. */
  encode(name: string, args: readonly unknown[]): number {
    if (this.encoding)
      throw new KvError('INVALID_ARGUMENT', `${name} was called while a value was being encoded`);
    const start = this.writer.position;
    this.encoding = true;
    try {
      writeRequest(this.writer, this.codec, name, args);
    } finally {
      this.encoding = false;
    }
    return start;
  }

  /** The bytes of what was encoded last, as an array of its own. */
  copyFrom(start: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.writer.bytes, start, this.writer.position);
  }

  add(call: Call): void {
    this.calls.push(call);
  }

  /** A call that waits here was settled: its bytes will not go out. */
  cancel(call: Call): void {
    call.end = 0;
    this.cancelled++;
    if (this.cancelled > GAPS_MIN && this.cancelled * 2 > this.calls.length) this.closeGaps();
  }

  /** Everything that waits, oldest first. */
  forEach(visit: (call: Call) => void): void {
    for (const call of this.calls) visit(call);
  }

  /**
   * Hands over the bytes to send and their calls, which have left this outbox then.
   *
   * @param send - returns whether the bytes may be overwritten by the next requests
   */
  take(send: (bytes: Uint8Array, calls: readonly Call[]) => boolean): void {
    this.closeGaps();
    const { calls, writer } = this;
    this.calls = [];
    this.writer = this.spare ?? new ByteWriter(WRITER_BYTES);
    this.spare = undefined;
    const reuse = send(writer.bytes.subarray(0, writer.position), calls);
    if (!reuse || writer.bytes.length > KEPT_BYTES_MAX) return;
    writer.position = 0;
    this.spare = writer;
  }

  /** Puts requests that were sent on a lost connection in front of those that wait. */
  putBack(lost: readonly Call[]): void {
    this.closeGaps();
    if (lost.length === 0) return;
    const waiting = this.calls;
    const old = this.writer;
    this.writer = new ByteWriter(Math.max(WRITER_BYTES, old.position));
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

  /** Takes everything out, oldest first. */
  drain(): Call[] {
    const calls = this.calls.filter(isWaiting);
    this.calls = [];
    this.cancelled = 0;
    this.writer = new ByteWriter(0);
    this.spare = undefined;
    return calls;
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
    const kept = this.calls.filter(isWaiting);
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
    if (writer.bytes.length > KEPT_BYTES_MAX && position < writer.bytes.length / 4) this.shrink();
  }

  /** Gives the memory of a writer back that has become much too large. */
  private shrink(): void {
    const { bytes, position } = this.writer;
    this.writer = new ByteWriter(Math.max(WRITER_BYTES, position));
    this.append(bytes.subarray(0, position));
  }
}
