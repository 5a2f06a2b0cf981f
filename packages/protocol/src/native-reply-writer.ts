import { Encoding } from './encodings.ts';
import { type ErrorReply, Errors } from './errors.ts';
import {
  EXT_ERROR,
  EXT_VALUE,
  FRAME_HEADER_BYTES,
  FRAME_LENGTH_BYTES,
  FrameKind,
  NATIVE_VERSION,
} from './frame.ts';
import { NOWHERE, ReplyBuffer, type Sink } from './reply-buffer.ts';
import type { ReplyWriter, ValueSource } from './reply-writer.ts';
import { isUtf8 } from './utf8.ts';

/** The longest header of a MessagePack string, byte string or extension. */
const HEADER_BYTES_MAX = 6;
/** An array header, two text headers and the longest code. */
const ERROR_BYTES_MAX = 32;

const encoder = new TextEncoder();

/**
 * Native replies. {@link begin} and {@link end} frame each.
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
export class NativeReplyWriter extends ReplyBuffer implements ReplyWriter {
  /** There is one version; see {@link ReplyWriter}. */
  version = NATIVE_VERSION;

  /** @param replyBytesMax - a longer reply becomes an error */
  constructor(sink: Sink, replyBytesMax?: number) {
    super(sink, FRAME_HEADER_BYTES, replyBytesMax);
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
    if (this.isTooLong) {
      const isPush = this.view.getUint8(this.start + FRAME_LENGTH_BYTES) === FrameKind.PUSH;
      this.cancel();
      // Nobody waits for a push.
      if (isPush) return;
      this.begin();
      this.error(Errors.replyTooLong);
    }
    const length = this.position - this.start + this.ownSplicedBytes;
    this.view.setUint32(this.start, length - FRAME_LENGTH_BYTES, false);
    this.complete();
  }

  aside(): NativeReplyWriter {
    return new NativeReplyWriter(NOWHERE);
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
    this.output.set(bytes, this.position);
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

  absentArray(): void {
    this.absent();
  }

  absent(): void {
    this.room(1);
    this.view.setUint8(this.position++, 0xc0);
  }

  value(source: ValueSource, ref: number): void {
    const length = source.valueLength(ref);
    const encoding = source.encodingOf(ref);
    const stable = this.spliceable(source, ref, length);
    this.room(HEADER_BYTES_MAX + (stable === undefined ? length : 0));
    if (encoding === Encoding.TEXT) this.header(0xa0, 0xd9, length);
    else if (encoding === Encoding.BYTES) this.header(0, 0xc4, length);
    else if (encoding === Encoding.VALUE) this.extension(EXT_VALUE, length);
    else if (stable !== undefined) this.rawHeader(stable);
    else {
      this.raw(source, ref, length);
      return;
    }
    if (stable !== undefined) {
      this.splice(stable);
      return;
    }
    source.copyValue(ref, this.output, this.view, this.position);
    this.position += length;
  }

  private rawHeader(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isUtf8(view, 0, bytes.length)) this.header(0xa0, 0xd9, bytes.length);
    else this.header(0, 0xc4, bytes.length);
  }

  /** RAW: a string if it is UTF-8. The longest header is left room for, then closed up. */
  private raw(source: ValueSource, ref: number, length: number): void {
    const at = this.position + HEADER_BYTES_MAX;
    source.copyValue(ref, this.output, this.view, at);
    if (isUtf8(this.view, at, length)) this.header(0xa0, 0xd9, length);
    else this.header(0, 0xc4, length);
    this.output.copyWithin(this.position, at, at + length);
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

  verbatim(text: string): void {
    this.text(text);
  }

  set(elements: number): void {
    this.array(elements);
  }

  push(elements: number): void {
    this.array(elements);
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
