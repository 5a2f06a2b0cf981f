import { ByteWriter } from './byte-writer.ts';
import { Encoding } from './encodings.ts';
import { type ErrorReply, Errors } from './errors.ts';
import { writeDecimal } from './integer.ts';
import { NOWHERE, ReplyBuffer, type Sink } from './reply-buffer.ts';
import type { ReplyWriter, ValueSource } from './reply-writer.ts';
import { writeValueText } from './value/json-text.ts';
import { walkValue } from './value/walk.ts';

/** A kind, a sign, up to 19 digits, CR LF. */
const HEADER_BYTES_MAX = 24;

const ARRAY = 0x2a;
const BULK = 0x24;
const INTEGER = 0x3a;
const MAP = 0x25;
const SET = 0x7e;
const PUSH = 0x3e;
const VERBATIM = 0x3d;
const CRLF = 0x0a0d;
/** `+OK\r`, `$-1\r` and `_\r\n`, as words in little endian. */
const OK = 0x0d4b4f2b;
const NIL_2 = 0x0d312d24;

/** Room that the text of a stored value begins with. */
const TEXT_BYTES_MIN = 256;

const encoder = new TextEncoder();
const NOT_IN_A_LINE = /[\r\n]/g;

/**
 * Replies in RESP2 or RESP3, by {@link version}.
 *
 * @example
 * ```ts
 * const out = new RespReplyWriter({ send: (bytes, length) => write(bytes.slice(0, length)) });
 * out.begin();
 * out.status('PONG'); // +PONG\r\n
 * out.end();
 * out.flush();
 * ```
 */
export class RespReplyWriter extends ReplyBuffer implements ReplyWriter {
  /** 2 or 3; may change between replies. */
  version = 2;

  /** @param replyBytesMax - a longer reply becomes an error */
  constructor(sink: Sink, replyBytesMax?: number) {
    super(sink, 0, replyBytesMax);
  }

  /** Starts a reply. */
  begin(): void {
    this.start = this.position;
  }

  /** Starts a push; it has no frame of its own. */
  beginPush(): void {
    this.begin();
  }

  /** Completes the reply. */
  end(): void {
    if (this.isTooLong) {
      this.cancel();
      this.error(Errors.replyTooLong);
    }
    this.complete();
  }

  aside(): RespReplyWriter {
    const writer = new RespReplyWriter(NOWHERE);
    writer.version = this.version;
    return writer;
  }

  written(count: number): void {
    if (count === 0) {
      this.absent();
      return;
    }
    this.room(5);
    this.view.setInt32(this.position, OK, true);
    this.output[this.position + 4] = 0x0a;
    this.position += 5;
  }

  status(text: string): void {
    this.line(`+${text}`);
  }

  integer(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) this.header(INTEGER, value);
    else this.line(`:${value}`);
  }

  double(value: number): void {
    const text = doubleText(value);
    if (this.version === 3) this.line(`,${text}`);
    else this.text(text);
  }

  boolean(value: boolean): void {
    if (this.version === 3) this.line(value ? '#t' : '#f');
    else this.header(INTEGER, value ? 1 : 0);
  }

  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  verbatim(text: string): void {
    if (this.version !== 3) {
      this.text(text);
      return;
    }
    const bytes = encoder.encode(`txt:${text}`);
    this.run(VERBATIM, bytes);
  }

  bytes(bytes: Uint8Array): void {
    this.run(BULK, bytes);
  }

  private run(kind: number, bytes: Uint8Array): void {
    this.header(kind, bytes.length);
    this.room(bytes.length + 2);
    this.output.set(bytes, this.position);
    this.position += bytes.length;
    this.crlf();
  }

  absentArray(): void {
    if (this.version === 3) this.absent();
    else this.line('*-1');
  }

  absent(): void {
    this.room(5);
    if (this.version === 3) {
      this.output[this.position++] = 0x5f;
      this.crlf();
      return;
    }
    this.view.setInt32(this.position, NIL_2, true);
    this.output[this.position + 4] = 0x0a;
    this.position += 5;
  }

  value(source: ValueSource, ref: number): void {
    const length = source.plainLength(ref);
    if (length < 0) {
      this.otherValue(source, ref);
      return;
    }
    this.room(HEADER_BYTES_MAX + length + 2);
    this.writeHeader(BULK, length);
    source.copyValue(ref, this.output, this.view, this.position);
    const end = this.position + length;
    this.view.setInt16(end, CRLF, true);
    this.position = end + 2;
  }

  private otherValue(source: ValueSource, ref: number): void {
    if (source.encodingOf(ref) === Encoding.VALUE) {
      this.typed(source, ref);
      return;
    }
    const length = source.valueLength(ref);
    this.header(BULK, length);
    const stable = this.spliceable(source, ref, length);
    if (stable !== undefined) this.splice(stable);
    else {
      this.room(length + 2);
      source.copyValue(ref, this.output, this.view, this.position);
      this.position += length;
    }
    this.room(2);
    this.crlf();
  }

  /** A stored value that is not bytes, as text: see FORMAT.md. */
  private typed(source: ValueSource, ref: number): void {
    const length = source.valueLength(ref);
    let bytes = source.stableValue(ref);
    if (bytes === undefined) {
      bytes = new Uint8Array(length);
      source.copyValue(ref, bytes, new DataView(bytes.buffer), 0);
    }
    // Whoever stored it has checked it; writing it relies on that.
    if (walkValue(bytes, 0, length) !== length) {
      this.error(Errors.valueMalformed);
      return;
    }
    const text = new ByteWriter(Math.max(length, TEXT_BYTES_MIN));
    if (writeValueText(bytes, text, this.replyBytesMax))
      this.bytes(text.bytes.subarray(0, text.position));
    else this.tooLong = true;
  }

  array(elements: number): void {
    this.header(ARRAY, elements);
  }

  map(pairs: number): void {
    if (this.version === 3) this.header(MAP, pairs);
    else this.header(ARRAY, pairs * 2);
  }

  set(elements: number): void {
    this.header(this.version === 3 ? SET : ARRAY, elements);
  }

  push(elements: number): void {
    this.header(this.version === 3 ? PUSH : ARRAY, elements);
  }

  error({ code, message }: ErrorReply): void {
    this.errors++;
    this.line(`-${code} ${message.replace(NOT_IN_A_LINE, ' ')}`);
  }

  private line(text: string): void {
    const bytes = encoder.encode(text);
    this.room(bytes.length + 2);
    this.output.set(bytes, this.position);
    this.position += bytes.length;
    this.crlf();
  }

  private crlf(): void {
    this.view.setInt16(this.position, CRLF, true);
    this.position += 2;
  }

  /** A kind, a number from 0 on, and CR LF, with room for them. */
  private header(kind: number, number: number): void {
    this.room(HEADER_BYTES_MAX);
    this.writeHeader(kind, number);
  }

  private writeHeader(kind: number, number: number): void {
    const { view, position } = this;
    if (number < 10) {
      view.setInt32(position, (CRLF << 16) | ((0x30 + number) << 8) | kind, true);
      this.position = position + 4;
      return;
    }
    if (number < 100) {
      const tens = (number / 10) | 0;
      const ones = number - tens * 10;
      view.setInt32(
        position,
        (0x0d << 24) | ((0x30 + ones) << 16) | ((0x30 + tens) << 8) | kind,
        true,
      );
      this.output[position + 4] = 0x0a;
      this.position = position + 5;
      return;
    }
    this.longHeader(kind, number);
  }

  private longHeader(kind: number, number: number): void {
    this.output[this.position] = kind;
    this.position = writeDecimal(this.output, this.position + 1, number);
    this.crlf();
  }
}

/** A number as Redis writes it: the shortest digits that read back the same. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
