import {
  Encoding,
  INTEGER_TEXT_MAX,
  integerElement,
  parseDecimal,
  writeDecimal,
} from '@kv/protocol';
import type { Keyspace } from './ports.ts';

const encoder = new TextEncoder();

/** Where the text of an integer is read to; a copy may write some bytes more. */
const scratch = new Uint8Array(INTEGER_TEXT_MAX + 12);
const scratchView = new DataView(scratch.buffer);

/** Where {@link writeIntegerText} writes: good until it is called again. */
export const integerText = new Uint8Array(INTEGER_TEXT_MAX);
const FLOAT32 = 0xca;
const FLOAT64 = 0xcb;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Why bytes can't be had from a stored value. */
export const NOT_TEXT = Symbol('neither text nor a number');

/** The integer that a record holds; `undefined` when it holds none; NOT_TEXT for other typed values. */
export function storedInteger(
  db: Keyspace,
  ref: number,
): number | bigint | undefined | typeof NOT_TEXT {
  if (db.encodingOf(ref) !== Encoding.VALUE) return textInteger(db, ref);
  const bytes = db.valueView(ref);
  return isNumber(bytes) ? integerElement(viewOf(bytes), 0) : NOT_TEXT;
}

/** Read without a view, which would cost more than all else. */
function textInteger(db: Keyspace, ref: number): number | bigint | undefined {
  const length = db.valueLength(ref);
  if (length > INTEGER_TEXT_MAX) return undefined;
  db.copyValue(ref, scratch, scratchView, 0);
  return parseDecimal(scratch, 0, length);
}

/** An integer as decimal text: how many bytes of {@link integerText} it takes. */
export function writeIntegerText(value: number | bigint): number {
  if (typeof value === 'number') return writeDecimal(integerText, 0, value);
  return encoder.encodeInto(String(value), integerText).written;
}

/** What a byte command sees of a record: its bytes, a stored number as decimal text. */
export function storedText(db: Keyspace, ref: number): Uint8Array | typeof NOT_TEXT {
  const bytes = db.valueView(ref);
  return db.encodingOf(ref) === Encoding.VALUE ? numberText(bytes) : bytes;
}

/** A MessagePack number as decimal text, as JavaScript writes it. */
export function numberText(bytes: Uint8Array): Uint8Array | typeof NOT_TEXT {
  if (!isNumber(bytes)) return NOT_TEXT;
  const view = viewOf(bytes);
  const head = bytes[0];
  if (head === FLOAT32) return encoder.encode(String(view.getFloat32(1, false)));
  if (head === FLOAT64) return encoder.encode(String(view.getFloat64(1, false)));
  if (head === 0xcf) return encoder.encode(String(view.getBigUint64(1, false)));
  return encoder.encode(String(integerElement(view, 0)));
}

function isNumber(bytes: Uint8Array): boolean {
  const head = bytes[0] as number;
  return head < 0x80 || head >= 0xe0 || (head >= FLOAT32 && head <= 0xd3);
}

/** The MessagePack of an integer, as a client would have written it: see FORMAT.md, numbers. */
export function integerValue(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  const view = viewOf(bytes);
  if (typeof value === 'bigint') {
    view.setUint8(0, 0xd3);
    view.setBigInt64(1, value, false);
    return bytes;
  }
  if (value >= -32 && value < 128) {
    view.setInt8(0, value);
    return bytes.subarray(0, 1);
  }
  if (value >= 0 ? value > 0xffffffff : value < -0x80000000) {
    view.setUint8(0, FLOAT64);
    view.setFloat64(1, value, false);
    return bytes;
  }
  // 8, 16 or 32 bits; unsigned from 0xcc on, signed from 0xd0 on.
  const width = value >= 0 ? unsignedWidth(value) : signedWidth(value);
  view.setUint8(0, (value >= 0 ? 0xcc : 0xd0) + width);
  if (width === 0) view.setUint8(1, value);
  else if (width === 1) view.setUint16(1, value, false);
  else view.setUint32(1, value, false);
  return bytes.subarray(0, 1 + (1 << width));
}

/** The same of any number. */
export function numberValue(value: number): Uint8Array {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return integerValue(value);
  const bytes = new Uint8Array(9);
  const view = viewOf(bytes);
  view.setUint8(0, FLOAT64);
  view.setFloat64(1, value, false);
  return bytes;
}

const unsignedWidth = (value: number): number => (value <= 0xff ? 0 : value <= 0xffff ? 1 : 2);
const signedWidth = (value: number): number => (value >= -0x80 ? 0 : value >= -0x8000 ? 1 : 2);
