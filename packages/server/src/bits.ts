// Bits of byte strings, counted as Redis counts them: bit 0 is the highest of byte 0.

/** The bit at an index; 0 behind the end. */
export function bitAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[Math.floor(index / 8)] ?? 0;
  return (byte >>> (7 - (index % 8))) & 1;
}

/** Sets or clears a bit that is within the bytes. */
export function setBitAt(bytes: Uint8Array, index: number, bit: number): void {
  const at = Math.floor(index / 8);
  const mask = 0x80 >>> (index % 8);
  bytes[at] = bit === 1 ? (bytes[at] as number) | mask : (bytes[at] as number) & ~mask;
}

/** How many bits of each byte are set. */
const COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
});

/** How many bits are set from index `from` up to index `to`, which is not included. */
export function countBits(bytes: Uint8Array, from: number, to: number): number {
  const first = Math.floor(from / 8);
  const last = Math.floor(to / 8);
  const countOf = (at: number, mask: number): number => COUNTS[(bytes[at] ?? 0) & mask] as number;
  // The bits before `from`, and those from `to` on, are masked out.
  const head = 0xff >>> (from % 8);
  const tail = (0xff00 >>> (to % 8)) & 0xff;
  if (first === last) return countOf(first, head & tail);
  let count = countOf(first, head) + countOf(last, tail);
  for (let at = first + 1; at < last; at++) count += COUNTS[bytes[at] as number] as number;
  return count;
}

/** The first index from `from` up to `to`, which is not included, whose bit is this; or -1. */
export function findBit(bytes: Uint8Array, bit: number, from: number, to: number): number {
  const other = bit === 1 ? 0x00 : 0xff;
  let at = from;
  while (at < to) {
    if (at % 8 === 0 && bytes[at / 8] === other) at += 8;
    else if (bitAt(bytes, at) === bit) return at;
    else at++;
  }
  return -1;
}

/** An unsigned integer of `width` bits at an index; bits behind the end are 0. */
export function unsignedAt(bytes: Uint8Array, index: number, width: number): bigint {
  let value = 0n;
  for (let at = index; at < index + width; at++) value = (value << 1n) | BigInt(bitAt(bytes, at));
  return value;
}

/** Writes the lowest `width` bits of an integer at an index within the bytes. */
export function writeBits(bytes: Uint8Array, index: number, width: number, value: bigint): void {
  let rest = BigInt.asUintN(width, value);
  for (let at = index + width - 1; at >= index; at--) {
    setBitAt(bytes, at, Number(rest & 1n));
    rest >>= 1n;
  }
}
