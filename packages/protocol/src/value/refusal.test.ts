import { describe, expect, test } from 'vitest';
import { Money, moneyExtension, sameValue } from '../../test/arbitrary-value.ts';
import { ByteWriter } from '../byte-writer.ts';
import { ValueCodec, valueCodec } from './codec.ts';
import { ValueError } from './value-error.ts';

const money = new ValueCodec({ extensions: [moneyExtension] });

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function errorOf(action: () => unknown): ValueError {
  try {
    action();
  } catch (error) {
    if (error instanceof ValueError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** [code, path] of refusing a value. */
function refused(value: unknown): [string, string | undefined] {
  const { code, path } = errorOf(() => valueCodec.encode(value));
  return [code, path];
}

describe('refusals', () => {
  class Point {
    x = 1;
  }
  class Many extends Array {}
  class Sub extends Map {}
  class Later extends Date {}
  class Bytes extends Uint8Array {}
  class Rootless {
    x = 1;
  }
  Object.setPrototypeOf(Rootless.prototype, null);

  const cases: [unknown, string][] = [
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
    [new Point(), 'Point'],
    [Object.create({ a: 1 }), 'a child of an object'],
    [new Many(), 'a subclass of Array'],
    [new Sub(), 'of Map'],
    [new Later(), 'of Date'],
    [new Bytes(2), 'of Uint8Array'],
    [new Rootless(), 'a class without a root'],
    [Object(1), 'Number'],
    [Object('s'), 'String'],
    [Object(1n), 'BigInt'],
    [/x/, 'RegExp'],
    [new Error('x'), 'Error'],
    [Promise.resolve(), 'Promise'],
    [new WeakMap(), 'WeakMap'],
    [new ArrayBuffer(2), 'ArrayBuffer'],
    [new DataView(new ArrayBuffer(2)), 'DataView'],
    [Object.create(Date.prototype), 'a false Date'],
    [Object.create(Map.prototype), 'a false Map'],
    [Object.create(Array.prototype), 'a false array'],
    [Object.create(Uint8Array.prototype), 'false bytes'],
  ];

  test.each(cases.map(([value, name]) => ({ name, value })))('$name is no value', ({ value }) => {
    expect(refused(value)).toEqual(['UNSUPPORTED_VALUE', '$']);
    expect(refused({ orders: [0, { when: value }] })).toEqual([
      'UNSUPPORTED_VALUE',
      '$.orders[1].when',
    ]);
  });

  test('the path goes through every container', () => {
    const bad = (): void => {};
    expect(refused({ 'a b': [bad] })[1]).toBe('$["a b"][0]');
    expect(refused(new Map([['eur', bad]]))[1]).toBe('$.get("eur")');
    expect(refused(new Map([[bad, 1]]))[1]).toBe('$.key(0)');
    expect(refused(new Map([[[1], bad]]))[1]).toBe('$.value(0)');
    expect(refused(new Set([1, bad]))[1]).toBe('$.item(1)');
    expect(errorOf(() => money.encode([new Money(bad as never, '')])).path).toBe(
      '$[0].encode()[0]',
    );
  });

  test('lone surrogates, in strings short and long, and in keys', () => {
    for (const text of [
      '\ud800',
      'abc\udc00',
      `${'x'.repeat(100)}\ud83d`,
      `${'x'.repeat(9000)}\ud83dx`,
    ]) {
      expect(refused(text)).toEqual(['LONE_SURROGATE', '$']);
      expect(refused({ [text]: 1 })[0]).toBe('LONE_SURROGATE');
    }
  });

  test('bigints beyond 64 bits', () => {
    for (const value of [2n ** 64n, -(2n ** 63n) - 1n, 10n ** 40n])
      expect(refused([value])).toEqual(['BIGINT_RANGE', '$[0]']);
  });

  test('cycles, by the shortest path to the repetition', () => {
    const self: Record<string, unknown> = { list: [1] };
    self.self = self;
    expect(refused(self)).toEqual(['CYCLE', '$.self']);
    const parent: Record<string, unknown> = { children: [] };
    (parent.children as unknown[]).push({ parent });
    expect(refused({ parent })).toEqual(['CYCLE', '$.parent.children[0].parent']);
    const map = new Map<string, unknown>();
    map.set('me', new Set([map]));
    expect(refused(map)).toEqual(['CYCLE', '$.get("me").item(0)']);
  });

  test('the same object twice is no cycle', () => {
    const twice = { a: 1 };
    expect(valueCodec.decode(valueCodec.encode([twice, twice]))).toEqual([twice, twice]);
  });

  test('a cycle beside a large value is found before that is written many times', () => {
    const value: unknown[] = [new Uint8Array(1_000_000)];
    value.push(value);
    const writer = new ByteWriter();
    expect(errorOf(() => valueCodec.encodeInto(writer, value)).code).toBe('CYCLE');
    expect(writer.bytes.length).toBeLessThan(32_000_000);
  });

  test('128 levels are written and read; 129 are not', () => {
    for (const wrap of [
      (v: unknown) => [v],
      (v: unknown) => ({ v }),
      (v: unknown) => new Map([[v, 1]]),
      (v: unknown) => new Set([v]),
    ]) {
      let value: unknown = 1;
      for (let level = 0; level < 128; level++) value = wrap(value);
      expect(sameValue(valueCodec.decode(valueCodec.encode(value)), value)).toBe(true);
      expect(refused(wrap(value))[0]).toBe('TOO_DEEP');
    }
  });

  test('more than the largest value', () => {
    expect(refused({ list: new Array(2 ** 29 + 1) })).toEqual(['TOO_LARGE', '$.list']);
    const large = new Uint8Array(2 ** 28);
    expect(refused([large, large])[0]).toBe('TOO_LARGE');
  });

  test('a failed encode leaves the writer where it was', () => {
    const writer = new ByteWriter(16);
    valueCodec.encodeInto(writer, 'first');
    const { position } = writer;
    expect(() => valueCodec.encodeInto(writer, ['x'.repeat(5000), () => 1])).toThrow(ValueError);
    expect(writer.position).toBe(position);
    valueCodec.encodeInto(writer, 'second');
    expect(valueCodec.decode(writer.bytes, 0, position)).toBe('first');
    expect(valueCodec.decode(writer.bytes, position, writer.position)).toBe('second');
    expect(() =>
      valueCodec.encode({
        get a(): number {
          throw new RangeError('mine');
        },
      }),
    ).toThrow(RangeError);
    expect(valueCodec.decode(valueCodec.encode(1))).toBe(1);
  });

  test('writers of every size give the same bytes', () => {
    const value = {
      a: ['é'.repeat(30), 1.5, 'x'.repeat(300)],
      m: new Map([['k', new Set([1n, new Date(1)])]]),
      t: new Float32Array(9),
      b: new Uint8Array(40),
      u: undefined,
    };
    const expected = hex(valueCodec.encode(value));
    for (let capacity = 0; capacity < 700; capacity++) {
      const writer = new ByteWriter(capacity);
      valueCodec.encodeInto(writer, value);
      expect(hex(writer.copy())).toBe(expected);
    }
  });
});
