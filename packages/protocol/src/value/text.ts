/**
 * UTF-8 both ways through whatever the host does best: Buffer's native methods
 * (undocumented but old, and in Deno and Bun too), else TextEncoder and
 * TextDecoder. Short ASCII strings never get here with the encoder, which has its
 * own loop; a native call costs as much as about twenty of its turns.
 */

import { ValueError } from './value-error.ts';

interface NativeText {
  utf8Write(text: string, at: number, bytesMax: number): number;
  utf8Slice(start: number, end: number): string;
}

const native: NativeText | undefined =
  typeof Buffer !== 'undefined' &&
  'utf8Write' in Buffer.prototype &&
  'utf8Slice' in Buffer.prototype
    ? (Buffer.prototype as unknown as NativeText)
    : undefined;

const encoder = new TextEncoder();
// A byte order mark is a character of the string like any other: never strip it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Strings of this length and more are measured before room is made for them. */
const MEASURE_MIN = 4096;

/** An upper bound of a string's UTF-8 bytes, exact where guessing would cost memory. */
export function textBytesMax(text: string): number {
  if (text.length < MEASURE_MIN || native === undefined) return text.length * 3;
  return Buffer.byteLength(text, 'utf8');
}

/** Writes a string at `bytes[at...]`, where there must be room, and says how many bytes it took. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  return native === undefined
    ? encoder.encodeInto(text, bytes.subarray(at)).written
    : native.utf8Write.call(bytes, text, at, bytes.length - at);
}

const { fromCharCode } = String;

/** Up to this many bytes, `readText` builds a string itself. */
const UNROLLED_MAX = 16;

/**
 * The string of `bytes[start, end)`. Bytes that are not UTF-8 read as U+FFFD, as
 * with every UTF-8 decoder of the platform.
 *
 * @throws ValueError `TOO_LARGE` where the engine's longest string is shorter.
 */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= UNROLLED_MAX) {
    let all = 0;
    for (let i = start; i < end; i++) all |= bytes[i] as number;
    if (all < 0x80) return shortAscii(bytes, start, length);
  }
  try {
    return native === undefined
      ? decoder.decode(bytes.subarray(start, end))
      : native.utf8Slice.call(bytes, start, end);
  } catch {
    throw new ValueError(
      'TOO_LARGE',
      `A string of ${length} bytes is longer than this JavaScript engine allows; read it as bytes instead.`,
    );
  }
}

/**
 * `String.fromCharCode` with its arguments written out is two to four times as
 * fast as a native slice, a loop or `apply` for strings this short.
 */
// biome-ignore format: a table
function shortAscii(b: Uint8Array, p: number, length: number): string {
  switch (length) {
    case 0: return '';
    case 1: return fromCharCode(b[p] as number);
    case 2: return fromCharCode(b[p] as number, b[p + 1] as number);
    case 3: return fromCharCode(b[p] as number, b[p + 1] as number, b[p + 2] as number);
    case 4: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
    );
    case 5: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number,
    );
    case 6: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number,
    );
    case 7: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number,
    );
    case 8: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
    );
    case 9: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number,
    );
    case 10: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number,
    );
    case 11: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number, b[p + 10] as number,
    );
    case 12: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number, b[p + 10] as number, b[p + 11] as number,
    );
    case 13: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number, b[p + 10] as number, b[p + 11] as number,
      b[p + 12] as number,
    );
    case 14: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number, b[p + 10] as number, b[p + 11] as number,
      b[p + 12] as number, b[p + 13] as number,
    );
    case 15: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number, b[p + 10] as number, b[p + 11] as number,
      b[p + 12] as number, b[p + 13] as number, b[p + 14] as number,
    );
    case 16: return fromCharCode(
      b[p] as number, b[p + 1] as number, b[p + 2] as number, b[p + 3] as number,
      b[p + 4] as number, b[p + 5] as number, b[p + 6] as number, b[p + 7] as number,
      b[p + 8] as number, b[p + 9] as number, b[p + 10] as number, b[p + 11] as number,
      b[p + 12] as number, b[p + 13] as number, b[p + 14] as number, b[p + 15] as number,
    );
    default: return '';
  }
}
