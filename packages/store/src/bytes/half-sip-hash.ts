// HalfSipHash-1-3 (Aumasson and Bernstein's SipHash on 32-bit words, one compression
// and three finalization rounds), with a secret key: nobody outside can choose keys
// that collide. 31 bits of it are used, so that two hashes can be subtracted in 32.
//
// The rounds are written out: as a function with four results they cost three times
// as much. Keys are hashed many at a time, because half of what one takes is getting
// ready: what the columns and the bytes are is looked at once for all.

const V2 = 0x6c796765;
const V3 = 0x74656462;
const TAIL_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** The bits of a hash. */
export const HASH_BITS = 31;
/** The greatest hash. */
export const HASH_MAX = 0x7fffffff;

/** Some keys, by number, as {@link HalfSipHash.hashAll} takes them. */
export interface HashedKeys {
  readonly view: DataView;
  /** The numbers of the keys, `[0, keyCount)`. */
  readonly keys: Int32Array;
  readonly keyCount: number;
  /** By the number of a key. */
  readonly offset: Int32Array;
  readonly length: Int32Array;
  /** Where the hashes go. */
  readonly hash: Int32Array;
}

/** One key. */
class OneKey implements HashedKeys {
  view: DataView = new DataView(new ArrayBuffer(0));
  readonly keys = new Int32Array(1);
  readonly keyCount = 1;
  readonly offset = new Int32Array(1);
  readonly length = new Int32Array(1);
  readonly hash = new Int32Array(1);
}

/** Hashes byte ranges under one secret. */
export class HalfSipHash {
  private readonly k0: number;
  private readonly k1: number;
  private readonly one = new OneKey();

  /** @param secret - two words that nobody else knows */
  constructor(secret: readonly [number, number]) {
    this.k0 = secret[0] | 0;
    this.k1 = secret[1] | 0;
  }

  /** The hash of a range, 0 to 2^31-1. Reads up to 4 bytes behind the range. */
  hash(view: DataView, offset: number, length: number): number {
    const { one } = this;
    one.view = view;
    one.offset[0] = offset;
    one.length[0] = length;
    this.hashAll(one, view.byteLength);
    return one.hash[0] as number;
  }

  /**
   * Hashes keys that end at `end` or before, by which there must be 4 bytes more; leaves -1
   * for the others.
   */
  hashAll({ view, keys, keyCount, offset, length, hash }: HashedKeys, end: number): void {
    const k0 = this.k0 | 0;
    const k1 = this.k1 | 0;
    for (let i = 0; i < keyCount; i++) {
      const key = keys[i] as number;
      let at = offset[key] as number;
      const bytes = length[key] as number;
      if (at + bytes > end) {
        hash[key] = -1;
        continue;
      }
      let v0 = k0;
      let v1 = k1;
      let v2 = V2 ^ k0;
      let v3 = V3 ^ k1;
      for (let words = bytes >>> 2; ; words--) {
        let m: number;
        if (words > 0) m = view.getInt32(at, true);
        else {
          const tail = bytes & 3;
          m = bytes << 24;
          if (tail !== 0) m |= view.getInt32(at, true) & (TAIL_MASKS[tail] as number);
        }
        at += 4;
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
        if (words === 0) break;
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
      hash[key] = (v1 ^ v3) >>> 1;
    }
  }
}
