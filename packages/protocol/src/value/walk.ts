/**
 * The walker: is this exactly one well-formed value, and where does it end?
 *
 * The server asks it once about every VALUE argument and then stores the bytes
 * verbatim, so it must accept what decode.ts accepts and nothing else (a test
 * compares them). It takes one pass, no recursion, no memory and no exceptions.
 *
 * Each container opens a frame. Arrays and maps end when their values are
 * used up; the bodies of extensions end where their length says.
 */

import { DEPTH_MAX } from '../limits.ts';
import {
  ELEMENT_BYTES,
  EXT_APPLICATION_MIN,
  EXT_INVALID_DATE,
  EXT_MAP,
  EXT_SET,
  EXT_TIMESTAMP,
  EXT_TYPED_ARRAY,
  EXT_UNDEFINED,
} from './format.ts';
import { readTimestamp } from './timestamp.ts';

/** The bytes end before the value does. */
export const WALK_TRUNCATED = -1;
/** No continuation could make these bytes a value. */
export const WALK_MALFORMED = -2;
/** More than `DEPTH_MAX` levels. */
export const WALK_TOO_DEEP = -3;

/** What a frame still expects is a count of values, or for the body of an extension one of these. */
const ANY = -1;
const KEY = -2;
const ITEM = -3;
const ONE = -4;
const NOTHING = -5;

/** What `openExtension` says of a body that holds no values: good, or not. */
const CHECKED = 0;
const REFUSED = -6;

/** What a first byte announces. A look-up replaces a switch of forty cases. */
const SCALAR = 0;
const RUN = 1;
const ARRAY = 2;
const MAP = 3;
const EXTENSION = 4;
const FIXED_EXTENSION = 5;
const INVALID = 6;

/** The kinds of the first bytes 0xc0 to 0xdf. */
// biome-ignore format: a table
const KINDS: readonly number[] = [
  SCALAR, INVALID, SCALAR, SCALAR, RUN, RUN, RUN, EXTENSION, // c0 nil, false, true, bin; c7 ext 8
  EXTENSION, EXTENSION, SCALAR, SCALAR, SCALAR, SCALAR, SCALAR, SCALAR, // c8 ext, floats, uints
  SCALAR, SCALAR, SCALAR, SCALAR, FIXED_EXTENSION, FIXED_EXTENSION, FIXED_EXTENSION, FIXED_EXTENSION, // d0 ints
  FIXED_EXTENSION, RUN, RUN, RUN, ARRAY, ARRAY, MAP, MAP, // d8 fixext 16, str, array, map
];
/** Bytes of the number after the first byte: a scalar's own, or a length's. */
// biome-ignore format: a table
const SIZES: readonly number[] = [
  0, 0, 0, 0, 1, 2, 4, 1,
  2, 4, 4, 8, 1, 2, 4, 8,
  1, 2, 4, 8, 0, 0, 0, 0,
  0, 1, 2, 4, 2, 4, 2, 4,
];

/** The frames around the current one. Nothing calls back, so one set serves all walks. */
const expectedAbove = new Float64Array(DEPTH_MAX + 1);
const limitAbove = new Float64Array(DEPTH_MAX + 1);

/**
 * The offset behind the one value that starts at `bytes[start]`, or a negative
 * code: `WALK_TRUNCATED`, `WALK_MALFORMED`, `WALK_TOO_DEEP`. Bytes behind the value
 * are not looked at. UTF-8 is not checked: decoding replaces what is not.
 *
 * @example
 * ```ts
 * walkValue(Uint8Array.of(0x92, 1, 2, 0xff), 0, 4); // 3
 * walkValue(Uint8Array.of(0x92, 1), 0, 2); // WALK_TRUNCATED
 * ```
 */
export function walkValue(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let depth = 0;
  let expected = 1;
  let limit = end;
  for (;;) {
    // Close every frame that has ended, then count the value that comes.
    for (;;) {
      if (expected > 0) {
        expected--;
        break;
      }
      if (expected < 0 && at < limit) {
        if (expected === NOTHING) return WALK_MALFORMED;
        if (expected === KEY) expected = ITEM;
        else if (expected === ITEM) expected = KEY;
        else if (expected === ONE) expected = NOTHING;
        break;
      }
      if (expected === ITEM || expected === ONE) return WALK_MALFORMED;
      if (depth === 0) return at;
      depth--;
      expected = expectedAbove[depth] as number;
      limit = limitAbove[depth] as number;
    }
    if (at >= limit) return short(limit, end);
    const token = bytes[at++] as number;
    let kind: number;
    let length: number;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token < 0xc0) {
      kind = token < 0x90 ? MAP : token < 0xa0 ? ARRAY : RUN;
      length = kind === RUN ? token & 0x1f : token & 0x0f;
    } else {
      kind = KINDS[token - 0xc0] as number;
      const size = SIZES[token - 0xc0] as number;
      if (size > limit - at) return short(limit, end);
      if (kind === SCALAR) {
        at += size;
        continue;
      }
      length = kind === FIXED_EXTENSION ? 1 << (token - 0xd4) : lengthAt(bytes, at, size);
      at += size;
    }
    if (kind === RUN) {
      if (length > limit - at) return short(limit, end);
      at += length;
      continue;
    }
    let opened: number;
    let openedLimit = limit;
    if (kind === ARRAY || kind === MAP) {
      opened = kind === MAP ? length * 2 : length;
    } else if (kind === INVALID) {
      return WALK_MALFORMED;
    } else {
      if (at >= limit) return short(limit, end);
      const type = ((bytes[at++] as number) << 24) >> 24;
      if (length > limit - at) return short(limit, end);
      opened = openExtension(bytes, at, length, type);
      if (opened === REFUSED) return WALK_MALFORMED;
      if (opened === CHECKED) {
        at += length;
        continue;
      }
      openedLimit = at + length;
    }
    if (depth === DEPTH_MAX) return WALK_TOO_DEEP;
    // Every value takes a byte at least.
    if (opened > openedLimit - at) return short(openedLimit, end);
    expectedAbove[depth] = expected;
    limitAbove[depth] = limit;
    depth++;
    expected = opened;
    limit = openedLimit;
  }
}

/** Running out inside an extension's body is no matter of more bytes. */
function short(limit: number, end: number): number {
  return limit === end ? WALK_TRUNCATED : WALK_MALFORMED;
}

function lengthAt(bytes: Uint8Array, at: number, size: number): number {
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 0x100 + (bytes[at + i] as number);
  return length;
}

/** What the frame of an extension's body expects; bodies without values are checked here. */
function openExtension(bytes: Uint8Array, at: number, length: number, type: number): number {
  switch (type) {
    case EXT_MAP:
      return KEY;
    case EXT_SET:
      return ANY;
    case EXT_UNDEFINED:
    case EXT_INVALID_DATE:
      return length === 0 ? CHECKED : REFUSED;
    case EXT_TIMESTAMP:
      return readTimestamp(bytes, at, length) === undefined ? REFUSED : CHECKED;
    case EXT_TYPED_ARRAY: {
      const size = length === 0 ? undefined : ELEMENT_BYTES[bytes[at] as number];
      return size && (length - 1) % size === 0 ? CHECKED : REFUSED;
    }
    default:
      return type >= EXT_APPLICATION_MIN ? ONE : REFUSED;
  }
}
