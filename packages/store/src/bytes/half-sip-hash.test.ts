import { describe, expect, it } from 'vitest';
import { Random } from '../conformance/random.ts';
import { HASH_MAX, HalfSipHash } from './half-sip-hash.ts';
import { SLACK_BYTES } from './layout.ts';

const rotated = (x: number, by: number) => ((x << by) | (x >>> (32 - by))) >>> 0;

/** HalfSipHash-c-d as its authors describe it, byte by byte; 32 bits. */
function halfSip(
  c: number,
  d: number,
  secret: readonly [number, number],
  input: readonly number[],
): number {
  const v = [secret[0] >>> 0, secret[1] >>> 0, 0x6c796765 ^ secret[0], 0x74656462 ^ secret[1]];
  const add = (a: number, b: number) => {
    v[a] = ((v[a] as number) + (v[b] as number)) >>> 0;
  };
  const turn = (a: number, by: number, b: number) => {
    v[a] = (rotated(v[a] as number, by) ^ (v[b] as number)) >>> 0;
  };
  const round = () => {
    add(0, 1);
    turn(1, 5, 0);
    v[0] = rotated(v[0] as number, 16);
    add(2, 3);
    turn(3, 8, 2);
    add(0, 3);
    turn(3, 7, 0);
    add(2, 1);
    turn(1, 13, 2);
    v[2] = rotated(v[2] as number, 16);
  };
  const padded = [...input];
  while (padded.length % 4 !== 3) padded.push(0);
  padded.push(input.length & 255);
  for (let i = 0; i < padded.length; i += 4) {
    let m = 0;
    for (let j = 3; j >= 0; j--) m = m * 256 + (padded[i + j] as number);
    v[3] = (v[3] as number) ^ m;
    for (let j = 0; j < c; j++) round();
    v[0] = (v[0] as number) ^ m;
  }
  v[2] = (v[2] as number) ^ 0xff;
  for (let j = 0; j < d; j++) round();
  return ((v[1] as number) ^ (v[3] as number)) >>> 0;
}

function ours(secret: readonly [number, number], input: readonly number[], offset = 0): number {
  const bytes = new Uint8Array(offset + input.length + SLACK_BYTES).fill(0xa5);
  bytes.set(input, offset);
  return new HalfSipHash(secret).hash(new DataView(bytes.buffer), offset, input.length);
}

describe('HalfSipHash', () => {
  it('has a reference here that gives the published vectors of HalfSipHash-2-4', () => {
    const secret = [0x03020100, 0x07060504] as const;
    expect(halfSip(2, 4, secret, [])).toBe(0x5b9f35a9);
    expect(halfSip(2, 4, secret, [0])).toBe(0xb85a4727);
  });

  it('answers the upper 31 bits of HalfSipHash-1-3 for every length from 0 to 64', () => {
    const secret = [0x03020100, 0x07060504] as const;
    for (let length = 0; length <= 64; length++) {
      const input = Array.from({ length }, (_, i) => (i * 37 + length) & 255);
      expect(ours(secret, input), `length ${length}`).toBe(halfSip(1, 3, secret, input) >>> 1);
    }
  });

  it('answers it for random secrets, bytes, lengths and places (seed 1)', () => {
    const random = new Random(1);
    for (let i = 0; i < 3000; i++) {
      const secret = [random.below(2 ** 32) | 0, random.below(2 ** 32) | 0] as const;
      const input = Array.from({ length: random.below(600) }, () => random.below(256));
      const hash = ours(secret, input, random.below(9));
      expect(hash, `seed 1, round ${i}`).toBe(halfSip(1, 3, secret, input) >>> 1);
      expect(hash).toBeGreaterThanOrEqual(0);
      expect(hash).toBeLessThanOrEqual(HASH_MAX);
    }
  });

  it('tells apart what differs in trailing zeros only', () => {
    const hashes = Array.from({ length: 64 }, (_, length) =>
      ours([1, 2], new Array<number>(length).fill(0)),
    );
    expect(new Set(hashes).size).toBe(64);
  });

  it('reads no further behind a range than the slack, and uses none of it', () => {
    for (let length = 0; length < 20; length++) {
      const input = Array.from({ length }, (_, i) => i);
      const exact = new Uint8Array(length + 4);
      exact.set(input);
      // 4 bytes suffice, and 8 are promised; a DataView throws beyond its end.
      const hash = new HalfSipHash([1, 2]).hash(new DataView(exact.buffer), 0, length);
      expect(hash).toBe(ours([1, 2], input));
    }
  });

  it('spreads keys that count up evenly, by its upper and by its lower bits', () => {
    const buckets = 4096;
    const perBucket = 64;
    for (const shift of [0, 19]) {
      const counts = new Int32Array(buckets);
      const hasher = new HalfSipHash([123, 456]);
      const bytes = new Uint8Array(32);
      const view = new DataView(bytes.buffer);
      const encoder = new TextEncoder();
      for (let n = 0; n < buckets * perBucket; n++) {
        const { written } = encoder.encodeInto(`key:${n}`, bytes);
        const bucket = (hasher.hash(view, 0, written) >>> shift) & (buckets - 1);
        counts[bucket] = (counts[bucket] as number) + 1;
      }
      const chiSquare = counts.reduce((sum, n) => sum + (n - perBucket) ** 2 / perBucket, 0);
      // 4,095 degrees of freedom: a deviation of 90; five of them either way.
      expect(Math.abs(chiSquare - 4095)).toBeLessThan(450);
    }
  });
});
