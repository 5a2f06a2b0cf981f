import { ArgumentForm } from './encodings.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const INT32_MAX = 2 ** 31 - 1;
/** The digits of -2^63, and the longest text that can be an integer. */
export const INTEGER_TEXT_MAX = 20;

/** A number where that is exact, else the bigint; undefined outside 64 bits. */
export function integerOf(value: bigint): number | bigint | undefined {
  if (value < INT64_MIN || value > INT64_MAX) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * Decimal text as Redis takes it: an optional minus, no plus, no space, no
 * leading zero, within 64 bits; undefined otherwise.
 */
export function parseDecimal(
  bytes: Uint8Array,
  offset: number,
  length: number,
): number | bigint | undefined {
  if (length < 1 || length > INTEGER_TEXT_MAX) return undefined;
  const end = offset + length;
  const negative = bytes[offset] === 45;
  const start = negative ? offset + 1 : offset;
  const lead = bytes[start];
  if (start === end || lead === undefined) return undefined;
  if (lead === 48) return length === 1 ? 0 : undefined;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  // 15 digits are exact; beyond, the number only told that all of them are digits.
  if (end - start <= 15) return negative ? -number : number;
  let text = '';
  for (let at = offset; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return integerOf(BigInt(text));
}

/** Writes a safe integer as decimal text at `start`; answers where it ends. */
export function writeDecimal(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  if (rest < 0) {
    bytes[at++] = 45;
    rest = -rest;
  }
  let end = at + 1;
  for (let power = 10; rest >= power; power *= 10) end++;
  let last = end - 1;
  for (; rest > INT32_MAX; last--) {
    const tenth = Math.floor(rest / 10);
    bytes[last] = 48 + (rest - tenth * 10);
    rest = tenth;
  }
  // In 32 bits a division by 10 is a multiplication.
  for (let low = rest | 0; last >= at; last--) {
    const tenth = (low / 10) | 0;
    bytes[last] = 48 + (low - tenth * 10);
    low = tenth;
  }
  return end;
}

/** A MessagePack number that is a whole number; undefined for anything else. */
export function integerElement(view: DataView, offset: number): number | bigint | undefined {
  const head = view.getUint8(offset);
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 256;
  switch (head) {
    case 0xcc:
      return view.getUint8(offset + 1);
    case 0xcd:
      return view.getUint16(offset + 1, false);
    case 0xce:
      return view.getUint32(offset + 1, false);
    case 0xcf:
      return integerOf(view.getBigUint64(offset + 1, false));
    case 0xd0:
      return view.getInt8(offset + 1);
    case 0xd1:
      return view.getInt16(offset + 1, false);
    case 0xd2:
      return view.getInt32(offset + 1, false);
    case 0xd3:
      return integerOf(view.getBigInt64(offset + 1, false));
    case 0xca:
      return wholeNumber(view.getFloat32(offset + 1, false));
    case 0xcb:
      return wholeNumber(view.getFloat64(offset + 1, false));
    default:
      return undefined;
  }
}

/** JavaScript clients send whole numbers beyond 32 bits as float64. */
function wholeNumber(number: number): number | undefined {
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/** The integer in an argument of any form. */
export function parseInteger(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  form: number,
): number | bigint | undefined {
  if (form <= ArgumentForm.BYTES) return parseDecimal(bytes, offset, length);
  if (form === ArgumentForm.INTEGER || form === ArgumentForm.FLOAT)
    return integerElement(view, offset);
  return undefined;
}
