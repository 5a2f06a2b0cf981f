import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryValue, Money, moneyExtension, sameValue } from '../../test/arbitrary-value.ts';
import { ValueCodec, valueCodec } from './codec.ts';

const money = new ValueCodec({ extensions: [moneyExtension] });

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('round trips', () => {
  test('any value comes back the same', () => {
    fc.assert(
      fc.property(arbitraryValue({ money: true }), (value) => {
        expect(sameValue(money.decode(money.encode(value)), value)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test('every number at the edge of a form, and its negative', () => {
    for (let bits = 0; bits <= 53; bits++) {
      for (const offset of [-2, -1, -0.5, 0, 1]) {
        for (const value of [2 ** bits + offset, -(2 ** bits) + offset]) {
          expect(valueCodec.decode(valueCodec.encode(value))).toBe(value);
        }
      }
    }
  });

  test('every bigint at the edge of 64 bits', () => {
    for (const value of [
      0n,
      -1n,
      2n ** 53n,
      2n ** 63n - 1n,
      2n ** 63n,
      2n ** 64n - 1n,
      -(2n ** 63n),
    ])
      expect(valueCodec.decode(valueCodec.encode(value))).toBe(value);
  });

  test('strings of every length around a header change, ASCII and not', () => {
    for (const unit of ['a', 'é', '水', '😀', 'a水']) {
      for (const n of [...Array(300).keys(), 4095, 4096, 5000, 21845, 65535, 65536, 70_000]) {
        const text = unit.repeat(n);
        expect(valueCodec.decode(valueCodec.encode(text)) === text).toBe(true);
      }
    }
  });

  test('containers of every size around a header change', () => {
    for (const n of [0, 1, 15, 16, 17, 255, 256, 65_535, 65_536]) {
      const list = Array.from({ length: n }, (_, i) => i);
      const keyed = Object.fromEntries(list.map((i) => [`k${i}`, i]));
      for (const value of [
        list,
        keyed,
        new Set(list),
        new Map(list.map((i) => [i, String(i)])),
        new Uint8Array(n),
      ])
        expect(sameValue(valueCodec.decode(valueCodec.encode(value)), value)).toBe(true);
    }
  });

  test('a Map or a Set body of every size up to 300 bytes', () => {
    for (let n = 0; n < 300; n++) {
      const value = [
        new Set(Array.from({ length: n }, (_, i) => i % 128)),
        'after',
        new Set(['x'.repeat(n)]),
      ];
      expect(sameValue(valueCodec.decode(valueCodec.encode(value)), value)).toBe(true);
    }
  });

  test('dates at the edges of the three forms and of Date itself', () => {
    for (const ms of [
      0,
      1,
      999,
      -1,
      -1000,
      2 ** 32 * 1000 - 1,
      2 ** 32 * 1000,
      2 ** 34 * 1000 - 1,
      2 ** 34 * 1000,
      8.64e15,
      -8.64e15,
      8.64e15 - 1,
      1 - 8.64e15,
    ])
      expect((valueCodec.decode(valueCodec.encode(new Date(ms))) as Date).getTime()).toBe(ms);
  });

  test('keys that mean something to JavaScript are keys like any other', () => {
    const text = '{"__proto__":{"x":1},"constructor":1,"toString":2,"toJSON":3,"hasOwnProperty":4}';
    const back = valueCodec.decode(valueCodec.encode(JSON.parse(text)));
    expect(JSON.stringify(Object.entries(back as object))).toBe(
      JSON.stringify(Object.entries(JSON.parse(text))),
    );
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.hasOwn(back as object, '__proto__')).toBe(true);
  });

  test('an Object.prototype whose methods are read-only does not get in the way', () => {
    Object.defineProperty(Object.prototype, 'toString', { writable: false });
    try {
      const value = { toString: 1, a: 2 };
      expect(valueCodec.decode(valueCodec.encode(value))).toStrictEqual(value);
    } finally {
      Object.defineProperty(Object.prototype, 'toString', { writable: true });
    }
  });

  test('enumerable keys of Object.prototype are nobody’s own', () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    prototype.polluted = 1;
    try {
      expect(Object.keys(valueCodec.decode(valueCodec.encode({ a: 1 })) as object)).toEqual(['a']);
    } finally {
      delete prototype.polluted;
    }
  });

  test('undefined is kept in arrays and objects; a hole reads as undefined', () => {
    const back = valueCodec.decode(
      valueCodec.encode({ a: undefined, b: [undefined, undefined] }),
    ) as {
      b: unknown[];
    };
    expect(Object.keys(back)).toEqual(['a', 'b']);
    expect(Object.keys(back.b)).toEqual(['0', '1']);
  });

  test('a Buffer reads back as a Uint8Array of its own', () => {
    const input = valueCodec.encode(Buffer.from('bytes'));
    const back = valueCodec.decode(input) as Uint8Array;
    expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype);
    expect(back.buffer.byteLength).toBe(5);
    input.fill(0);
    expect(back).toEqual(new Uint8Array(Buffer.from('bytes')));
  });

  test('an object without a prototype, and those of another realm, are plain', () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(valueCodec.decode(valueCodec.encode(bare))).toStrictEqual({ a: 1 });
    const foreign: unknown = runInNewContext(
      '({ o: {}, a: [1, [2]], d: new Date(5), m: new Map([[1, 2]]), s: new Set([3]), u: new Uint8Array(2), f: new Float64Array(1) })',
    );
    expect(valueCodec.decode(valueCodec.encode(foreign))).toStrictEqual({
      o: {},
      a: [1, [2]],
      d: new Date(5),
      m: new Map([[1, 2]]),
      s: new Set([3]),
      u: new Uint8Array(2),
      f: new Float64Array(1),
    });
  });

  test('a getter is read; one that adds and deletes keys does no harm', () => {
    const value: Record<string, unknown> = {};
    Object.defineProperty(value, 'a', {
      enumerable: true,
      get: () => {
        delete value.b;
        value.z = 1;
        return 1;
      },
    });
    value.b = 2;
    value.c = 3;
    expect(valueCodec.decode(valueCodec.encode(value))).toEqual({ a: 1, c: 3 });
  });

  test('toJSON is not asked', () => {
    const value = { toJSON: 'a string', constructor: null };
    expect(valueCodec.decode(valueCodec.encode(value))).toStrictEqual(value);
    expect(() => valueCodec.encode({ toJSON: () => 1 })).toThrow('$.toJSON');
  });
});

describe('bytes', () => {
  const cases: [unknown, string][] = [
    [null, 'c0'],
    [false, 'c2'],
    [true, 'c3'],
    [0, '00'],
    [127, '7f'],
    [-1, 'ff'],
    [-32, 'e0'],
    [128, 'cc80'],
    [255, 'ccff'],
    [256, 'cd0100'],
    [65_535, 'cdffff'],
    [65_536, 'ce00010000'],
    [2 ** 32 - 1, 'ceffffffff'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32_769, 'd2ffff7fff'],
    [2 ** 32, 'cb41f0000000000000'],
    [-0, 'cb8000000000000000'],
    [1.5, 'cb3ff8000000000000'],
    [Number.NaN, 'cb7ff8000000000000'],
    [Number.POSITIVE_INFINITY, 'cb7ff0000000000000'],
    [1n, 'd30000000000000001'],
    [-1n, 'd3ffffffffffffffff'],
    [2n ** 63n, 'cf8000000000000000'],
    ['', 'a0'],
    ['kv', 'a26b76'],
    ['é', 'a2c3a9'],
    [new Uint8Array([1, 2]), 'c4020102'],
    [[], '90'],
    [[1, 'a'], '9201a161'],
    [{ a: 1 }, '81a16101'],
    [undefined, 'c70003'],
    [new Date(1000), 'd6ff00000001'],
    [new Date(1001), 'd7ff003d090000000001'],
    [new Date(-1), 'c70cff3b8b87c0ffffffffffffffff'],
    [new Date(Number.NaN), 'c70007'],
    [new Map([[1, 2]]), 'd5040102'],
    [new Set([1]), 'd40501'],
    [new Set(), 'c70005'],
    [new Int16Array([1, -2]), 'c705060301' + '00feff'],
    [new Float64Array(0), 'd40608'],
    [new Money(5n, 'EUR'), 'c70e2092d30000000000000005a3455552'],
  ];

  test.each(cases.map(([value, bytes]) => ({ bytes, value })))('$bytes', ({ bytes, value }) => {
    expect(hex(money.encode(value))).toBe(bytes);
    expect(sameValue(money.decode(Buffer.from(bytes, 'hex')), value)).toBe(true);
  });

  test('a result is not changed by the next', () => {
    const results = Array.from({ length: 5000 }, (_, i) => valueCodec.encode(`value ${i}`));
    results.forEach((bytes, i) => {
      expect(valueCodec.decode(bytes)).toBe(`value ${i}`);
    });
  });
});
