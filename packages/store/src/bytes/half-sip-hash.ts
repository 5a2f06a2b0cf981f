// HalfSipHash-1-3 (Aumasson and Bernstein's SipHash on 32-bit words, one compression
// and three finalization rounds), with a secret key: nobody outside can choose keys
// that collide. 31 bits of it are used, so that two hashes can be subtracted in 32.
//
// The rounds are written out: as a function with four results they cost three times
// as much.

const V2 = 0x6c796765;
const V3 = 0x74656462;
const TAIL_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** The greatest hash. */
export const HASH_MAX = 0x7fffffff;

/** Hashes byte ranges under one secret. */
export class HalfSipHash {
  private readonly k0: number;
  private readonly k1: number;

  /** @param secret - two words that nobody else knows */
  constructor(secret: readonly [number, number]) {
    this.k0 = secret[0] | 0;
    this.k1 = secret[1] | 0;
  }

  /** The hash of a range, 0 to 2^31-1. Reads up to 4 bytes behind the range. */
  hash(view: DataView, offset: number, length: number): number {
    let v0 = this.k0;
    let v1 = this.k1;
    let v2 = V2 ^ v0;
    let v3 = V3 ^ v1;
    const end = offset + (length & ~3);
    for (let at = offset; ; at += 4) {
      const last = at >= end;
      const word = view.getInt32(at, true);
      const m = last ? (length << 24) | (word & (TAIL_MASKS[length & 3] as number)) : word;
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= m;
      if (last) break;
    }
    v2 ^= 0xff;
    for (let round = 0; round < 3; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    return (v1 ^ v3) >>> 1;
  }
}
