import { Encoding, integerElement, parseDecimal } from '@kv/protocol';
import type { Keyspace } from './ports.ts';

const encoder = new TextEncoder();
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
  const bytes = db.valueView(ref);
  if (db.encodingOf(ref) !== Encoding.VALUE) return parseDecimal(bytes, 0, bytes.length);
  return isNumber(bytes) ? integerElement(viewOf(bytes), 0) : NOT_TEXT;
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
