import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryValue, sameValue } from '../../../packages/protocol/test/arbitrary-value.ts';
import { kvdWithClient } from './kvd-with-client.ts';

const { client } = await kvdWithClient();

const storable = arbitraryValue().filter((value) => value !== undefined);

const kinds: readonly (readonly [string, unknown])[] = [
  ['undefined inside an array', [undefined, 1, undefined]],
  ['null', null],
  ['true', true],
  ['false', false],
  ['zero', 0],
  ['minus zero', -0],
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['minus infinity', Number.NEGATIVE_INFINITY],
  ['a fraction', 0.1],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER],
  ['the smallest safe integer', Number.MIN_SAFE_INTEGER],
  ['an integer beyond 32 bits', 2 ** 40],
  ['a small bigint', 1n],
  ['the largest signed bigint', 2n ** 63n - 1n],
  ['the smallest bigint', -(2n ** 63n)],
  ['the largest unsigned bigint', 2n ** 64n - 1n],
  ['an empty string', ''],
  ['a string', 'grüße 👋 \u0000'],
  ['bytes', Uint8Array.of(0, 255, 1)],
  ['no bytes', new Uint8Array(0)],
  ['a Float64Array', Float64Array.of(1.5, -0, Number.NaN)],
  ['a Uint16Array', Uint16Array.of(1, 65_535)],
  ['a BigInt64Array', BigInt64Array.of(-1n, 2n ** 63n - 1n)],
  ['a Date', new Date(1_700_000_000_123)],
  ['a Date before 1970', new Date(-1)],
  ['an invalid Date', new Date(Number.NaN)],
  [
    'a Map',
    new Map<unknown, unknown>([
      [{ a: 1 }, new Set([1])],
      ['k', undefined],
    ]),
  ],
  ['a Set', new Set([1, 'a', null, new Map()])],
  ['an array', [1, [2, [3, []]]]],
  ['an object', { a: 1, b: { c: [null, undefined] }, '': 0 }],
  [
    'an object with hostile keys',
    JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"toJSON":4}'),
  ],
];

describe('a value that is stored', () => {
  it.each(kinds)('comes back as it was: %s', async (_name, value) => {
    await client.set('value', value);
    expect(await client.get('value')).toStrictEqual(value);
    expect(await client.mget('value', 'absent')).toStrictEqual([value, undefined]);
  });

  it('comes back as it was, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(storable, async (value) => {
        await client.set('any', value);
        expect(sameValue(await client.get('any'), value)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('may be a whole batch of values at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(storable, { minLength: 1, maxLength: 20 }), async (values) => {
        const entries = values.map((value, i) => [`batch:${i}`, value] as const);
        expect(await client.setMany(entries)).toBe(values.length);
        const read = await client.getMany(entries.map(([key]) => key));
        expect(sameValue(read, values)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('may be a megabyte of text or bytes', async () => {
    const text = 'ä'.repeat(500_000);
    const bytes = new Uint8Array(3_000_000).fill(7);
    await client.setMany([
      ['text', text],
      ['bytes', bytes],
    ]);
    expect(await client.get('text')).toBe(text);
    expect(Buffer.compare((await client.get('bytes')) as Uint8Array, bytes)).toBe(0);
  });
});

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
const refused: readonly (readonly [string, unknown, string])[] = [
  ['a function', () => 1, 'UNSUPPORTED_VALUE'],
  ['a function inside an object', { a: [() => 1] }, 'UNSUPPORTED_VALUE'],
  ['a symbol', Symbol('s'), 'UNSUPPORTED_VALUE'],
  ['a cycle', cyclic, 'CYCLE'],
  ['a class instance', new URL('kv://x'), 'UNSUPPORTED_VALUE'],
  ['a lone surrogate', '\ud800', 'LONE_SURROGATE'],
  ['a bigint beyond 64 bits', 2n ** 64n, 'BIGINT_RANGE'],
  ['undefined', undefined, 'UNSUPPORTED_VALUE'],
];

describe('a value that has no bytes', () => {
  it.each(refused)(
    'is refused before it is sent, and the connection goes on: %s',
    async (_name, value, code) => {
      await client.set('kept', 'old');
      const refusal = client.set('kept', value);
      const next = client.get('kept');
      await expect(refusal).rejects.toMatchObject({ code });
      expect(await next).toBe('old');
    },
  );

  it('is refused when it is 10,000 levels deep', async () => {
    let deep: unknown[] = [];
    for (let i = 0; i < 10_000; i++) deep = [deep];
    await expect(client.set('deep', deep)).rejects.toMatchObject({ code: 'TOO_DEEP' });
    expect(await client.ping()).toBe('PONG');
  });
});
