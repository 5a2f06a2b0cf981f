import { REPLY_BYTES_MAX } from './limits.ts';
import type { ValueSource } from './reply-writer.ts';

/** Where a writer empties itself. */
export interface Sink {
  /**
   * Sends `bytes[0, length)`. False: the bytes are still in use after the call,
   * and the writer must go on in an array of its own.
   */
  send(bytes: Uint8Array, length: number): boolean;
}

/** Replies are gathered up to about this size before they are sent. */
const CAPACITY_BYTES = 64 * 1024;

/** A value from this length on is sent from where it lies, if it may stay there. */
const SPLICED_BYTES_MIN = 64 * 1024;

/** Behind a value some bytes may be overwritten: see `ValueSource.copyValue`. */
const SLACK_BYTES = 8;

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  return typeof Buffer === 'undefined' ? new Uint8Array(bytes) : Buffer.allocUnsafeSlow(bytes);
}

/** A part of an array as an array of its own, which the `slice` of a Buffer is not. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(from, to));
}

/** Where nothing is ever sent. */
export const NOWHERE: Sink = { send: () => true };

/** Bytes that are sent between those of the buffer. */
interface Splice {
  /** In front of which byte of the buffer. */
  at: number;
  readonly bytes: Uint8Array;
}

/**
 * Replies gathered in one reused buffer: what the reply writers of all protocols have in
 * common. {@link flush} hands what is complete to the sink, and so does a buffer that is
 * full. Connections that take turns can share a writer: whoever has the turn sets `sink`,
 * and leaves nothing pending.
 */
export abstract class ReplyBuffer {
  sink: Sink;
  /** Error replies written so far, those inside arrays too. */
  errors = 0;
  /** Changes whenever something is sent: whoever writes much looks then whether to go on. */
  sends = 0;
  protected output = allocate(CAPACITY_BYTES);
  protected view = new DataView(this.output.buffer);
  protected position = 0;
  /** Where the reply being written starts; what is before it may be sent. */
  protected start = 0;
  /** The reply being written is longer than it may be; what is written of it is dropped. */
  protected tooLong = false;
  private splices: Splice[] = [];
  /** Bytes of all splices, and of those of the reply being written. */
  private splicedBytes = 0;
  protected ownSplicedBytes = 0;
  protected readonly replyBytesMax: number;
  /** Bytes that each reply begins with. */
  private readonly headBytes: number;

  constructor(sink: Sink, headBytes: number, replyBytesMax: number = REPLY_BYTES_MAX) {
    this.sink = sink;
    this.headBytes = headBytes;
    this.replyBytesMax = replyBytesMax;
  }

  /** Bytes that are written and not yet sent. */
  get pendingBytes(): number {
    return this.position + this.splicedBytes;
  }

  /** Whether the reply being written is longer than it may be. */
  protected get isTooLong(): boolean {
    return this.tooLong || this.position - this.start + this.ownSplicedBytes > this.replyBytesMax;
  }

  /** Takes back the reply that was begun: it comes later, or not at all. */
  cancel(): void {
    this.position = this.start;
    this.tooLong = false;
    if (this.ownSplicedBytes === 0) return;
    // A reply begins with a header: a splice where it starts is the end of the one before it.
    this.splices = this.splices.filter(({ at }) => at <= this.start);
    this.splicedBytes -= this.ownSplicedBytes;
    this.ownSplicedBytes = 0;
  }

  /** The reply is whole. */
  protected complete(): void {
    this.start = this.position;
    this.ownSplicedBytes = 0;
  }

  /** The bytes of a value, if they are many and may be sent from where they lie. */
  protected spliceable(source: ValueSource, ref: number, length: number): Uint8Array | undefined {
    return length < SPLICED_BYTES_MIN ? undefined : source.stableValue(ref);
  }

  /** Writes bytes without copying them. Nobody may change them any more. */
  protected splice(bytes: Uint8Array): void {
    this.splices.push({ at: this.position, bytes });
    this.splicedBytes += bytes.length;
    this.ownSplicedBytes += bytes.length;
  }

  /** Takes what has been written outside of a reply, as an array of its own. */
  take(): Uint8Array {
    const taken = copyOf(this.output, 0, this.position);
    this.position = 0;
    return taken;
  }

  /** Writes what another writer of the same kind has written outside of a reply. */
  put(written: Uint8Array): void {
    this.splice(written);
  }

  /** Sends every complete reply. */
  flush(): void {
    if (this.start === 0) return;
    this.sends = (this.sends + 1) | 0;
    const { output, start, position } = this;
    this.position = position - start;
    this.start = 0;
    const sent =
      this.splices.length === 0 ? this.sink.send(output, start) : this.sendSpliced(start);
    const reusable = sent && output.length === CAPACITY_BYTES;
    if (!reusable)
      this.replace(Math.max(CAPACITY_BYTES, this.position), output.subarray(start, position));
    else if (position > start) output.copyWithin(0, start, position);
  }

  /** Sends `[0, length)` of the buffer with what belongs between. */
  private sendSpliced(length: number): boolean {
    const { output, sink } = this;
    // A splice at the very end belongs to what is sent: see cancel().
    const later = this.splices.filter(({ at }) => at > length);
    let reusable = true;
    let from = 0;
    for (const { at, bytes } of this.splices) {
      if (at > length) break;
      // What is left in the buffer of a piece is sent in an array of its own.
      if (at > from) reusable = sink.send(copyOf(output, from, at), at - from) && reusable;
      sink.send(bytes, bytes.length);
      this.splicedBytes -= bytes.length;
      from = at;
    }
    for (const splice of later) splice.at -= length;
    this.splices = later;
    if (from < length) sink.send(copyOf(output, from, length), length - from);
    return reusable;
  }

  private replace(size: number, keep: Uint8Array): void {
    this.output = allocate(size);
    this.view = new DataView(this.output.buffer);
    this.output.set(keep);
  }

  /** Makes sure that `count` bytes fit behind the position, with some slack. */
  protected room(count: number): void {
    if (this.position + count + SLACK_BYTES > this.output.length) this.makeRoom(count);
  }

  private makeRoom(count: number): void {
    if (this.position + count - this.start + this.ownSplicedBytes > this.replyBytesMax) {
      // Goes on in the same place, so that memory stays bounded; the end tells the client.
      this.cancel();
      this.tooLong = true;
      this.position = this.start + this.headBytes;
    }
    this.flush();
    const needed = this.position + count + SLACK_BYTES;
    if (needed > this.output.length)
      this.replace(
        Math.max(needed, this.output.length * 2),
        this.output.subarray(0, this.position),
      );
  }
}
