// Stored values as text, for clients that speak RESP. FORMAT.md defines it; it is for
// reading, and nothing is parsed back from it.
//
// Bytes go straight to bytes: nothing is decoded, so neither the longest string of the
// engine nor the objects of a large value are in the way, and what is written has a bound.
import type { ByteWriter } from '../byte-writer.ts';
import { integerElement } from '../integer.ts';
import { isUtf8 } from '../utf8.ts';
import {
  ELEMENT_BYTES,
  EXT_APPLICATION_MIN,
  EXT_MAP,
  EXT_SET,
  EXT_TIMESTAMP,
  EXT_TYPED_ARRAY,
} from './format.ts';
import { readTimestamp } from './timestamp.ts';
import { elementText } from './typed-arrays.ts';

const CONSTANT = 0;
const NUMBER = 1;
const TEXT = 2;
const BYTES = 3;
const ARRAY = 4;
const MAP = 5;
const EXTENSION = 6;

/** The elements of an extension's body are not counted: they end where it ends. */
const UNCOUNTED = -1;
/** Strings and bytes are written in pieces of so many bytes; divisible by three for base64. */
const PIECE_BYTES = 3 * 1024;
/** The most that one byte of a string becomes: `\u0000`. */
const ESCAPED_BYTES_MAX = 6;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const encoder = new TextEncoder();

/** What JSON writes for the bytes that cannot stand for themselves, as JSON.stringify does. */
const ESCAPES: readonly (string | undefined)[] = Array.from({ length: BACKSLASH + 1 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH
    ? JSON.stringify(String.fromCharCode(byte)).slice(1, -1)
    : undefined,
);

/**
 * Writes the value in `bytes` as UTF-8 text to `out`, in place of what is in it: a number as
 * decimal digits, everything else as JSON. The bytes must be one well-formed value, as
 * `walkValue` says.
 *
 * @returns false when the text would be longer than `bytesMax`; `out` has nothing of use then
 *
 * @example
 * ```ts
 * const out = new ByteWriter();
 * writeValueText(valueCodec.encode({ id: 7n, seen: new Date(0) }), out, 1000);
 * // out has the bytes of {"id":7,"seen":"1970-01-01T00:00:00.000Z"}
 * ```
 */
export function writeValueText(bytes: Uint8Array, out: ByteWriter, bytesMax: number): boolean {
  return new ValueText(bytes, out, bytesMax).write();
}

/** One conversion. Recursion goes as deep as values may, which is `DEPTH_MAX`. */
class ValueText {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly out: ByteWriter;
  private readonly bytesMax: number;
  private at = 0;
  private isTooLong = false;
  /** Of the element whose header was read last. */
  private kind = CONSTANT;
  private length = 0;
  private type = 0;
  /** A bit for each byte of the value: set where a map begins that has a key which is no string. */
  private readonly pairs: Uint8Array;

  constructor(bytes: Uint8Array, out: ByteWriter, bytesMax: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.out = out;
    this.bytesMax = bytesMax;
    this.pairs = new Uint8Array((bytes.length >>> 3) + 1);
  }

  write(): boolean {
    this.out.position = 0;
    this.header();
    if (this.kind === NUMBER) this.ascii(numberText(this.view, 0));
    else {
      this.at = 0;
      this.survey();
      this.at = 0;
      this.value();
    }
    return !this.isTooLong && this.out.position <= this.bytesMax;
  }

  /** Reads what an element begins with: its kind, and how many bytes or elements it has. */
  private header(): void {
    const token = this.view.getUint8(this.at++);
    if (token < 0x80 || token >= 0xe0) this.found(NUMBER, 0);
    else if (token < 0x90) this.found(MAP, token & 0x0f);
    else if (token < 0xa0) this.found(ARRAY, token & 0x0f);
    else if (token < 0xc0) this.found(TEXT, token & 0x1f);
    else if (token < 0xc4) this.found(CONSTANT, 0);
    else if (token < 0xc7) this.sized(BYTES, 1 << (token - 0xc4));
    else if (token < 0xca) this.sized(EXTENSION, 1 << (token - 0xc7));
    else if (token < 0xcc) this.found(NUMBER, 4 << (token - 0xca));
    else if (token < 0xd4) this.found(NUMBER, 1 << (token & 3));
    else if (token < 0xd9) this.found(EXTENSION, 1 << (token - 0xd4));
    else if (token < 0xdc) this.sized(TEXT, 1 << (token - 0xd9));
    else if (token < 0xde) this.sized(ARRAY, 2 << (token - 0xdc));
    else this.sized(MAP, 2 << (token - 0xde));
  }

  private sized(kind: number, width: number): void {
    const { view, at } = this;
    this.at = at + width;
    if (width === 1) this.found(kind, view.getUint8(at));
    else this.found(kind, width === 2 ? view.getUint16(at, false) : view.getUint32(at, false));
  }

  private found(kind: number, length: number): void {
    this.kind = kind;
    this.length = length;
    if (kind === EXTENSION) this.type = this.view.getInt8(this.at++);
  }

  /** Steps over an element, notes which maps in it have keys that are no strings, answers its kind. */
  private survey(): number {
    const start = this.at;
    this.header();
    const { kind, length, type } = this;
    const end = this.at + length;
    if (kind === ARRAY) this.surveyList(length, end);
    else if (kind === MAP) this.surveyMap(start, length, end);
    else if (kind !== EXTENSION) this.at = end;
    else if (type === EXT_MAP) this.surveyMap(start, UNCOUNTED, end);
    else if (type === EXT_SET || type >= EXT_APPLICATION_MIN) this.surveyList(UNCOUNTED, end);
    else this.at = end;
    return kind;
  }

  private surveyList(count: number, end: number): void {
    for (let i = 0; this.hasMore(i, count, end); i++) this.survey();
  }

  private surveyMap(start: number, count: number, end: number): void {
    let isNamed = true;
    for (let i = 0; this.hasMore(i, count, end); i++) {
      if (this.survey() !== TEXT) isNamed = false;
      this.survey();
    }
    if (!isNamed)
      this.pairs[start >>> 3] = (this.pairs[start >>> 3] as number) | (1 << (start & 7));
  }

  private hasMore(i: number, count: number, end: number): boolean {
    return count === UNCOUNTED ? this.at < end : i < count;
  }

  private value(): void {
    if (this.isTooLong) return;
    const start = this.at;
    this.header();
    const { kind, length } = this;
    const end = this.at + length;
    if (kind === ARRAY) this.list(length, end);
    else if (kind === MAP) this.map(start, length, end);
    else if (kind === EXTENSION) this.extension(start, end);
    else {
      if (kind === CONSTANT) this.ascii(constantText(this.bytes[start] as number));
      else if (kind === NUMBER) this.number(numberText(this.view, start));
      else if (kind === TEXT) this.text(this.at, end);
      else this.base64(this.at, end);
      this.at = end;
    }
  }

  private extension(start: number, end: number): void {
    const { type, at } = this;
    if (type === EXT_MAP) this.map(start, UNCOUNTED, end);
    else if (type === EXT_SET) this.list(UNCOUNTED, end);
    // What an application's class writes is one value.
    else if (type >= EXT_APPLICATION_MIN) this.value();
    else if (type === EXT_TYPED_ARRAY) this.elements(at, end);
    else if (type === EXT_TIMESTAMP)
      this.quoted(new Date(readTimestamp(this.bytes, at, end - at) as number).toISOString());
    // Undefined, or a Date that is none.
    else this.ascii('null');
    this.at = end;
  }

  private list(count: number, end: number): void {
    this.ascii('[');
    for (let i = 0; this.hasMore(i, count, end) && !this.isTooLong; i++) {
      if (i > 0) this.ascii(',');
      this.value();
    }
    this.ascii(']');
  }

  private map(start: number, count: number, end: number): void {
    const asPairs = (((this.pairs[start >>> 3] as number) >>> (start & 7)) & 1) !== 0;
    this.ascii(asPairs ? '[' : '{');
    for (let i = 0; this.hasMore(i, count, end) && !this.isTooLong; i++) {
      if (i > 0) this.ascii(',');
      if (asPairs) this.ascii('[');
      this.value();
      this.ascii(asPairs ? ',' : ':');
      this.value();
      if (asPairs) this.ascii(']');
    }
    this.ascii(asPairs ? ']' : '}');
  }

  private elements(from: number, end: number): void {
    const kind = this.bytes[from] as number;
    const size = ELEMENT_BYTES[kind] as number;
    this.ascii('[');
    for (let at = from + 1; at < end && !this.isTooLong; at += size) {
      if (at > from + 1) this.ascii(',');
      this.number(elementText(kind, this.view, at));
    }
    this.ascii(']');
  }

  /** JSON has no word for NaN and the infinities: they are strings. */
  private number(text: string): void {
    if (text === 'NaN' || text.endsWith('Infinity')) this.quoted(text);
    else this.ascii(text);
  }

  private quoted(text: string): void {
    this.ascii(`"${text}"`);
  }

  private text(from: number, end: number): void {
    this.ascii('"');
    const isWhole = isUtf8(this.view, from, end - from);
    const decoder = isWhole ? undefined : new TextDecoder('utf-8', { ignoreBOM: true });
    for (let at = from; at < end && !this.isTooLong; at += PIECE_BYTES) {
      const stop = Math.min(end, at + PIECE_BYTES);
      if (decoder === undefined) this.escaped(this.bytes, at, stop);
      else {
        // What is not UTF-8 becomes U+FFFD, as where a value is decoded.
        const text = decoder.decode(this.bytes.subarray(at, stop), { stream: stop < end });
        const mended = encoder.encode(text);
        this.escaped(mended, 0, mended.length);
      }
    }
    this.ascii('"');
  }

  private escaped(source: Uint8Array, from: number, end: number): void {
    this.room((end - from) * ESCAPED_BYTES_MAX);
    const { bytes } = this.out;
    let to = this.out.position;
    for (let at = from; at < end; at++) {
      const byte = source[at] as number;
      const escaped = byte <= BACKSLASH ? ESCAPES[byte] : undefined;
      if (escaped === undefined) bytes[to++] = byte;
      else for (let i = 0; i < escaped.length; i++) bytes[to++] = escaped.charCodeAt(i);
    }
    this.out.position = to;
  }

  private base64(from: number, end: number): void {
    this.ascii('"');
    for (let at = from; at < end && !this.isTooLong; at += PIECE_BYTES)
      this.base64Piece(at, Math.min(end, at + PIECE_BYTES));
    this.ascii('"');
  }

  private base64Piece(from: number, end: number): void {
    this.room(Math.ceil((end - from) / 3) * 4);
    const source = this.bytes;
    const { bytes } = this.out;
    let to = this.out.position;
    for (let at = from; at < end; at += 3) {
      const left = end - at;
      const second = left > 1 ? (source[at + 1] as number) : 0;
      const third = left > 2 ? (source[at + 2] as number) : 0;
      const word = ((source[at] as number) << 16) | (second << 8) | third;
      bytes[to++] = BASE64.charCodeAt(word >>> 18);
      bytes[to++] = BASE64.charCodeAt((word >>> 12) & 63);
      bytes[to++] = left > 1 ? BASE64.charCodeAt((word >>> 6) & 63) : 0x3d;
      bytes[to++] = left > 2 ? BASE64.charCodeAt(word & 63) : 0x3d;
    }
    this.out.position = to;
  }

  private ascii(text: string): void {
    this.room(text.length);
    const { bytes } = this.out;
    let to = this.out.position;
    for (let i = 0; i < text.length; i++) bytes[to++] = text.charCodeAt(i);
    this.out.position = to;
  }

  /** Room for `count` bytes; beyond the limit the same place is written again, so that memory stays bounded. */
  private room(count: number): void {
    const { out } = this;
    if (out.position > this.bytesMax) {
      this.isTooLong = true;
      out.position = 0;
    }
    out.room(count);
  }
}

function constantText(token: number): string {
  return token === 0xc2 ? 'false' : token === 0xc3 ? 'true' : 'null';
}

/** A MessagePack number as JavaScript writes it: -0 is 0. */
function numberText(view: DataView, at: number): string {
  const token = view.getUint8(at);
  if (token === 0xca) return String(view.getFloat32(at + 1, false));
  if (token === 0xcb) return String(view.getFloat64(at + 1, false));
  if (token === 0xcf) return String(view.getBigUint64(at + 1, false));
  return String(integerElement(view, at));
}
