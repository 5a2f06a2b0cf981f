import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryValue, moneyExtension } from '../../test/arbitrary-value.ts';
import { ValueCodec } from './codec.ts';
import { ValueError } from './value-error.ts';
import { WALK_MALFORMED, WALK_TOO_DEEP, WALK_TRUNCATED, walkValue } from './walk.ts';

/** Application extensions 32 to 127 all known, so that the verdicts can be compared. */
const codec = new ValueCodec({
  extensions: Array.from({ length: 96 }, (_, i) => {
    if (i === 0) return moneyExtension;
    return {
      type: 32 + i,
      class: class {},
      encode: () => 0,
      decode: (body: unknown) => ({ body }),
    };
  }).map((extension) => ({ ...extension, decode: (body: unknown) => ({ body }) })),
});

type Verdict = 'value' | 'MALFORMED' | 'TOO_DEEP';

function decoded(bytes: Uint8Array): Verdict {
  try {
    codec.decode(bytes);
    return 'value';
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return error.code as Verdict;
  }
}

function walked(bytes: Uint8Array): Verdict {
  const end = walkValue(bytes, 0, bytes.length);
  if (end === WALK_TOO_DEEP) return 'TOO_DEEP';
  return end === bytes.length ? 'value' : 'MALFORMED';
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** xorshift32: the same inputs in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe('walking', () => {
  test('what the codec writes always walks, to its end and no further', () => {
    fc.assert(
      fc.property(arbitraryValue({ money: true }), (value) => {
        const bytes = codec.encode(value);
        const padded = new Uint8Array(bytes.length + 20).fill(0x91);
        padded.set(bytes, 3);
        expect(walkValue(bytes, 0, bytes.length)).toBe(bytes.length);
        expect(walkValue(padded, 3, padded.length)).toBe(3 + bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  test('what is cut short is truncated, or malformed inside an extension', () => {
    fc.assert(
      fc.property(arbitraryValue({ money: true }), (value) => {
        const bytes = codec.encode(value);
        for (let end = 0; end < Math.min(bytes.length, 200); end++) {
          expect([WALK_TRUNCATED, WALK_MALFORMED]).toContain(walkValue(bytes, 0, end));
          expect(decoded(bytes.subarray(0, end))).toBe('MALFORMED');
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ['', WALK_TRUNCATED],
    ['92 01', WALK_TRUNCATED],
    ['cd 01', WALK_TRUNCATED],
    ['dd ffffffff', WALK_TRUNCATED],
    ['d8', WALK_TRUNCATED],
    ['c7 05 03', WALK_TRUNCATED],
    ['d5 05 9201 01', WALK_MALFORMED],
    ['c1', WALK_MALFORMED],
    ['d4 01 c0', WALK_MALFORMED],
    ['d5 20 0102', WALK_MALFORMED],
    ['91 d5 20 0102', WALK_MALFORMED],
    ['c700 20', WALK_MALFORMED],
    ['d4 04 01', WALK_MALFORMED],
    ['91'.repeat(129), WALK_TOO_DEEP],
    [`${'91'.repeat(128)}90`, WALK_TOO_DEEP],
    [`${'91'.repeat(128)}00`, 129],
    [`${'91'.repeat(128)}c70005`, WALK_TOO_DEEP],
    [`${'91'.repeat(128)}c70007`, 131],
  ])('%s', (hex, result) => {
    const bytes = bytesOf(hex);
    expect(walkValue(bytes, 0, bytes.length)).toBe(result);
  });

  test('a million levels and a million entries take one pass', () => {
    const levels = new Uint8Array(1_000_000).fill(0x91);
    expect(walkValue(levels, 0, levels.length)).toBe(WALK_TOO_DEEP);
    const sets = new Uint8Array(5 + 999_999).fill(0xc0);
    sets.set([0xdd, 0, 0x0f, 0x42, 0x3f]);
    expect(walkValue(sets, 0, sets.length)).toBe(sets.length);
  });
});

describe('walker and decoder agree', () => {
  test('on values with some bytes changed, inserted or left out', { timeout: 60_000 }, () => {
    const seeds = fc.sample(arbitraryValue({ money: true }), { numRuns: 2000, seed: 7 });
    const next = random(42);
    const telling = [
      0x81, 0x91, 0xa1, 0xc0, 0xc1, 0xc7, 0xcb, 0xd3, 0xd4, 0xd5, 0xd9, 0xdd, 0xdf, 3, 4, 5, 6, 7,
      32, 0xff, 0,
    ];
    const counts: Record<string, number> = {};
    for (const value of seeds) {
      const original = codec.encode(value);
      if (original.length > 600) continue;
      for (let round = 0; round < 100; round++) {
        const bytes = [...original];
        for (let change = next(4); change >= 0; change--) {
          const at = next(bytes.length + 1);
          const byte = next(2) === 0 ? next(256) : (telling[next(telling.length)] as number);
          bytes.splice(at, next(3), ...(next(3) === 0 ? [] : [byte]));
        }
        const input = Uint8Array.from(bytes);
        const verdict = walked(input);
        const other = decoded(input);
        if (verdict !== other)
          expect({ hex: Buffer.from(input).toString('hex'), verdict }).toEqual({
            hex: '',
            verdict: other,
          });
        counts[verdict] = (counts[verdict] ?? 0) + 1;
      }
    }
    expect(counts.value).toBeGreaterThan(1000);
    expect(counts.MALFORMED).toBeGreaterThan(1000);
  });

  test('on bytes from nowhere', () => {
    const next = random(7);
    for (let round = 0; round < 100_000; round++) {
      const input = new Uint8Array(1 + next(24));
      for (let i = 0; i < input.length; i++) input[i] = next(4) === 0 ? 0xc7 + next(18) : next(256);
      const verdict = walked(input);
      if (verdict !== decoded(input))
        expect(Buffer.from(input).toString('hex')).toBe(decoded(input));
    }
  });
});
