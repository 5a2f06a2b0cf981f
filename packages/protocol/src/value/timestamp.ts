/**
 * MessagePack's timestamp extension: seconds since 1970 and nanoseconds of that
 * second, in 4, 8 or 12 bytes.
 */

import { DATE_MS_MAX } from './format.ts';

const SECONDS_32 = 2 ** 32;
const SECONDS_34 = 2 ** 34;
const NANOSECONDS_MAX = 999_999_999;

/** The shortest body that holds these milliseconds exactly. */
export function timestampBytes(ms: number): 4 | 8 | 12 {
  if (ms < 0 || ms >= SECONDS_34 * 1000) return 12;
  return ms % 1000 === 0 && ms < SECONDS_32 * 1000 ? 4 : 8;
}

/** Writes the body for a valid time; `size` comes from {@link timestampBytes}. */
export function writeTimestamp(view: DataView, at: number, size: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = (ms - seconds * 1000) * 1_000_000;
  if (size === 4) {
    view.setUint32(at, seconds, false);
  } else if (size === 8) {
    // 30 bits of nanoseconds, then 34 bits of seconds.
    const high = Math.floor(seconds / SECONDS_32);
    view.setUint32(at, nanoseconds * 4 + high, false);
    view.setUint32(at + 4, seconds - high * SECONDS_32, false);
  } else {
    const high = Math.floor(seconds / SECONDS_32);
    view.setUint32(at, nanoseconds, false);
    view.setInt32(at + 4, high, false);
    view.setUint32(at + 8, seconds - high * SECONDS_32, false);
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number))
  );
}

/**
 * The milliseconds of a timestamp body, finer parts cut off towards the past.
 * `undefined` when the body is none: a wrong size, more than 999,999,999 ns, or a
 * time that no Date can hold.
 */
export function readTimestamp(bytes: Uint8Array, at: number, size: number): number | undefined {
  if (size === 4) return uint32(bytes, at) * 1000;
  let seconds: number;
  let nanoseconds: number;
  if (size === 8) {
    const first = uint32(bytes, at);
    nanoseconds = first >>> 2;
    seconds = (first & 3) * SECONDS_32 + uint32(bytes, at + 4);
  } else if (size === 12) {
    nanoseconds = uint32(bytes, at);
    // Beyond 2^53 the sum is inexact, which the range check below cannot mistake.
    seconds = (uint32(bytes, at + 4) | 0) * SECONDS_32 + uint32(bytes, at + 8);
  } else {
    return undefined;
  }
  if (nanoseconds > NANOSECONDS_MAX) return undefined;
  const ms = seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
  return Math.abs(ms) <= DATE_MS_MAX ? ms : undefined;
}
