import { Encoding } from './encodings.ts';
import { type ErrorReply, Errors } from './errors.ts';
import {
  EXT_ERROR,
  EXT_VALUE,
  FRAME_HEADER_BYTES,
  FRAME_LENGTH_BYTES,
  FrameKind,
} from './frame.ts';
import { REPLY_BYTES_MAX } from './limits.ts';
import type { ReplyWriter, ValueSource } from './reply-writer.ts';
import { isUtf8 } from './utf8.ts';

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
/** The longest header of a MessagePack string, byte string or extension. */
const HEADER_BYTES_MAX = 6;
/** An array header, two text headers and the longest code. */
const ERROR_BYTES_MAX = 32;

const encoder = new TextEncoder();

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  return typeof Buffer === 'undefined' ? new Uint8Array(bytes) : Buffer.allocUnsafeSlow(bytes);
}

/**
 * Native replies into one reused buffer. {@link begin} and {@link end} frame each
 * reply; {@link flush} hands what is complete to the sink, and so does a buffer that is
 * full. Connections that take turns can share a writer: whoever has the turn sets
 * `sink`, and leaves nothing pending.
 *
 * @example
 * ```ts
 * const out = new NativeReplyWriter({ send: (bytes, length) => write(bytes.slice(0, length)) });
 * out.begin();
 * out.text('PONG');
 * out.end();
 * out.flush();
 * ```
 */
export class NativeReplyWriter implements ReplyWriter {
  sink: Sink;
  /** Error replies written so far, those inside arrays too. */
  errors = 0;
  private readonly replyBytesMax: number;
  private bytes_ = allocate(CAPACITY_BYTES);
  private view = new DataView(this.bytes_.buffer);
  private position = 0;
  /** Where the reply being written starts; what is before it may be sent. */
  private start = 0;
  /** The reply being written is longer than it may be; what is written of it is dropped. */
  private tooLong = false;

  /** @param replyBytesMax - a longer reply becomes an error */
  constructor(sink: Sink, replyBytesMax: number = REPLY_BYTES_MAX) {
    this.sink = sink;
    this.replyBytesMax = replyBytesMax;
  }

  /** Bytes that are written and not yet sent. */
  get pendingBytes(): number {
    return this.position;
  }

  /** Starts a reply frame. */
  begin(): void {
    this.frame(FrameKind.REPLY);
  }

  /** Starts a push frame, which answers no request. */
  beginPush(): void {
    this.frame(FrameKind.PUSH);
  }

  private frame(kind: number): void {
    this.start = this.position;
    this.room(FRAME_HEADER_BYTES);
    this.view.setUint8(this.position + FRAME_LENGTH_BYTES, kind);
    this.position += FRAME_HEADER_BYTES;
  }

  /** Completes the frame; its length is known now. */
  end(): void {
    if (this.tooLong || this.position - this.start > this.replyBytesMax) {
      const isPush = this.view.getUint8(this.start + FRAME_LENGTH_BYTES) === FrameKind.PUSH;
      this.cancel();
      // Nobody waits for a push.
      if (isPush) return;
      this.begin();
      this.error(Errors.replyTooLong);
    }
    this.view.setUint32(this.start, this.position - this.start - FRAME_LENGTH_BYTES, false);
    this.start = this.position;
  }

  /** Takes back the frame that was begun: the reply comes later. */
  cancel(): void {
    this.position = this.start;
    this.tooLong = false;
  }

  /** Sends every complete frame. */
  flush(): void {
    if (this.start === 0) return;
    const { bytes_: bytes, start, position } = this;
    this.position = position - start;
    this.start = 0;
    const reusable = this.sink.send(bytes, start) && bytes.length === CAPACITY_BYTES;
    if (reusable) bytes.copyWithin(0, start, position);
    else this.replace(Math.max(CAPACITY_BYTES, this.position), bytes.subarray(start, position));
  }

  private replace(size: number, keep: Uint8Array): void {
    this.bytes_ = allocate(size);
    this.view = new DataView(this.bytes_.buffer);
    this.bytes_.set(keep);
  }

  /** Makes sure that `count` bytes fit behind the position. */
  private room(count: number): void {
    if (this.position + count <= this.bytes_.length) return;
    if (this.position + count - this.start > this.replyBytesMax) {
      // Goes on in the same place, so that memory stays bounded; end() tells the client.
      this.tooLong = true;
      this.position = this.start + FRAME_HEADER_BYTES;
    }
    this.flush();
    const needed = this.position + count;
    if (needed > this.bytes_.length)
      this.replace(
        Math.max(needed, this.bytes_.length * 2),
        this.bytes_.subarray(0, this.position),
      );
  }

  written(count: number): void {
    this.integer(count);
  }

  status(text: string): void {
    this.text(text);
  }

  integer(value: number | bigint): void {
    this.room(9);
    const { view, position } = this;
    if (typeof value === 'bigint' || !(value >= -0x80000000 && value <= 0xffffffff)) {
      view.setUint8(position, 0xd3);
      view.setBigInt64(position + 1, BigInt(value), false);
      this.position += 9;
    } else if (value >= -32 && value < 128) {
      view.setInt8(position, value);
      this.position += 1;
    } else {
      view.setUint8(position, value < 0 ? 0xd2 : 0xce);
      view.setUint32(position + 1, value, false);
      this.position += 5;
    }
  }

  double(value: number): void {
    this.room(9);
    this.view.setUint8(this.position, 0xcb);
    this.view.setFloat64(this.position + 1, value, false);
    this.position += 9;
  }

  boolean(value: boolean): void {
    this.room(1);
    this.view.setUint8(this.position++, value ? 0xc3 : 0xc2);
  }

  text(text: string): void {
    const bytes = encoder.encode(text);
    this.run(0xa0, 0xd9, bytes);
  }

  bytes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isUtf8(view, 0, bytes.length)) this.run(0xa0, 0xd9, bytes);
    else this.run(0, 0xc4, bytes);
  }

  private run(fixed: number, sized: number, bytes: Uint8Array): void {
    this.room(HEADER_BYTES_MAX + bytes.length);
    this.header(fixed, sized, bytes.length);
    this.bytes_.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** The header of a string or byte string; `fixed` is its one-byte form, or 0 for none. */
  private header(fixed: number, sized: number, length: number): void {
    const { view, position } = this;
    if (fixed !== 0 && length < 32) {
      view.setUint8(position, fixed | length);
      this.position += 1;
    } else if (length < 0x100) {
      view.setUint8(position, sized);
      view.setUint8(position + 1, length);
      this.position += 2;
    } else if (length < 0x10000) {
      view.setUint8(position, sized + 1);
      view.setUint16(position + 1, length, false);
      this.position += 3;
    } else {
      view.setUint8(position, sized + 2);
      view.setUint32(position + 1, length, false);
      this.position += 5;
    }
  }

  absent(): void {
    this.room(1);
    this.view.setUint8(this.position++, 0xc0);
  }

  value(source: ValueSource, ref: number): void {
    const length = source.valueLength(ref);
    const encoding = source.encodingOf(ref);
    this.room(HEADER_BYTES_MAX + length);
    const text = encoding === Encoding.TEXT;
    if (text) this.header(0xa0, 0xd9, length);
    else if (encoding === Encoding.BYTES) this.header(0, 0xc4, length);
    else if (encoding === Encoding.VALUE) this.extension(EXT_VALUE, length);
    else {
      this.raw(source, ref, length);
      return;
    }
    source.copyValue(ref, this.bytes_, this.view, this.position);
    this.position += length;
  }

  /** RAW: a string if it is UTF-8. The longest header is left room for, then closed up. */
  private raw(source: ValueSource, ref: number, length: number): void {
    const at = this.position + HEADER_BYTES_MAX;
    source.copyValue(ref, this.bytes_, this.view, at);
    if (isUtf8(this.view, at, length)) this.header(0xa0, 0xd9, length);
    else this.header(0, 0xc4, length);
    this.bytes_.copyWithin(this.position, at, at + length);
    this.position += length;
  }

  private extension(type: number, length: number): void {
    const { view, position } = this;
    if (length < 0x100) {
      view.setUint8(position, 0xc7);
      view.setUint8(position + 1, length);
      view.setInt8(position + 2, type);
      this.position += 3;
      return;
    }
    view.setUint8(position, 0xc9);
    view.setUint32(position + 1, length, false);
    view.setInt8(position + 5, type);
    this.position += 6;
  }

  array(elements: number): void {
    this.container(0x90, 0xdc, elements);
  }

  map(pairs: number): void {
    this.container(0x80, 0xde, pairs);
  }

  private container(fixed: number, sized: number, count: number): void {
    this.room(5);
    const { view, position } = this;
    if (count < 16) {
      view.setUint8(position, fixed | count);
      this.position += 1;
    } else if (count < 0x10000) {
      view.setUint8(position, sized);
      view.setUint16(position + 1, count, false);
      this.position += 3;
    } else {
      view.setUint8(position, sized + 1);
      view.setUint32(position + 1, count, false);
      this.position += 5;
    }
  }

  /** Alone in its frame it makes an error frame; inside an array it is extension 2. */
  error({ code, message }: ErrorReply): void {
    this.errors++;
    if (this.position === this.start + FRAME_HEADER_BYTES) {
      this.view.setUint8(this.start + FRAME_LENGTH_BYTES, FrameKind.ERROR);
      this.errorBody(code, message);
      return;
    }
    this.room(HEADER_BYTES_MAX + ERROR_BYTES_MAX + message.length * 3);
    const at = this.position;
    this.position += HEADER_BYTES_MAX;
    this.errorBody(code, message);
    const length = this.position - at - HEADER_BYTES_MAX;
    this.view.setUint8(at, 0xc9);
    this.view.setUint32(at + 1, length, false);
    this.view.setInt8(at + 5, EXT_ERROR);
  }

  private errorBody(code: string, message: string): void {
    this.array(2);
    this.text(code);
    this.text(message);
  }
}
