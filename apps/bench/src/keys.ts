/** The length of every key, but where a comparison says otherwise. */
export const KEY_BYTES = 20;

const ZERO = 48;
const PREFIX = 'key:';

/** The bytes of key number `n`, e.g. `key:0000000000000042`. */
export function keyOf(n: number, length = KEY_BYTES): Buffer {
  return Buffer.from(PREFIX + String(n).padStart(length - PREFIX.length, '0'));
}

/** Key numbers have fewer digits. */
const DIGITS = 10;

/**
 * Writes the last `digits` digits of key number `n` so that they end before `end`; zeros are before
 * them already.
 */
export function writeKeyDigits(bytes: Uint8Array, end: number, n: number, digits = DIGITS): void {
  let rest = n;
  for (let at = end - 1; at >= end - digits; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}
