import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryValue, Money, moneyExtension } from '../../test/arbitrary-value.ts';
import { ByteWriter } from '../byte-writer.ts';
import { DEPTH_MAX } from '../limits.ts';
import { ValueCodec } from './codec.ts';
import { writeValueText } from './json-text.ts';

const codec = new ValueCodec({ extensions: [moneyExtension] });

function textOf(bytes: Uint8Array, bytesMax = 10_000_000): string | undefined {
  const out = new ByteWriter(1);
  if (!writeValueText(bytes, out, bytesMax)) return undefined;
  return Buffer.from(out.copy()).toString('utf8');
}

/** What a value is in JSON, as JavaScript has it after parsing. */
function projection(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value);
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Money) return projection([value.amount, value.currency]);
  if (value instanceof Map) {
    const entries = [...value].map(([k, v]) => [k, projection(v)] as const);
    if (entries.every(([k]) => typeof k === 'string')) return Object.fromEntries(entries);
    return entries.map(([k, v]) => [projection(k), v]);
  }
  if (Array.isArray(value) || value instanceof Set || ArrayBuffer.isView(value))
    return Array.from(value as Iterable<unknown>, projection);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, projection(v)]));
}

test('every value is JSON text of what it is', () => {
  fc.assert(
    fc.property(arbitraryValue({ money: true }), (value) => {
      const bytes = codec.encode(value);
      const text = textOf(bytes) as string;
      if (typeof value === 'number') expect(text).toBe(String(value));
      else if (typeof value === 'bigint') expect(text).toBe(String(value));
      else
        expect(JSON.stringify(JSON.parse(text))).toBe(
          // -0 has gone either way: JSON.stringify writes 0.
          JSON.stringify(projection(value)),
        );
      // Another length is never taken for too long, nor the right one.
      const length = Buffer.byteLength(text);
      expect(textOf(bytes, length)).toBe(text);
      expect(textOf(bytes, length - 1)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

describe('strings', () => {
  test('are written as JSON.stringify writes them', () => {
    const every = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)).join('');
    for (const text of [every, '\u2028\ufeff\u{1f600}', '\0', 'x'.repeat(10_000), 'é'.repeat(5000)])
      expect(textOf(codec.encode([text]))).toBe(JSON.stringify([text]));
  });

  test('that are not UTF-8 are mended as by a decoder, wherever they are cut', () => {
    for (const before of [0, 1, 2, 3, 3070, 3071, 3072]) {
      const body = Buffer.concat([
        Buffer.from('a'.repeat(before)),
        Buffer.from('é€\u{1f600}'),
        Buffer.from([0xff, 0xe2, 0x82]),
        Buffer.from('"'),
        Buffer.from([0xf0]),
      ]);
      const head = Buffer.from([0xda, body.length >> 8, body.length & 255]);
      expect(textOf(new Uint8Array(Buffer.concat([head, body])))).toBe(
        JSON.stringify(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)),
      );
    }
  });
});

test('bytes of every length are base64', () => {
  for (const length of [0, 1, 2, 3, 4, 100, 3071, 3072, 3073, 10_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    expect(textOf(codec.encode(bytes))).toBe(`"${Buffer.from(bytes).toString('base64')}"`);
  }
});

test('all half floats', () => {
  const Float16 = (globalThis as { Float16Array?: new (b: ArrayBuffer) => Iterable<number> })
    .Float16Array;
  if (Float16 === undefined) return;
  const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const text = textOf(codec.encode(new Float16(bits.buffer))) as string;
  expect(JSON.parse(text)).toEqual(projection(new Float16(bits.buffer)));
});

describe('maps', () => {
  test('a key that is a container is no string, whatever it ends with', () => {
    expect(
      textOf(
        codec.encode(
          new Map<unknown, unknown>([
            ['a', 1],
            [['b'], 2],
          ]),
        ),
      ),
    ).toBe('[["a",1],[["b"],2]]');
    expect(textOf(codec.encode(new Map([[{ a: 'b' }, new Map([['c', 'd']])]])))).toBe(
      '[[{"a":"b"},{"c":"d"}]]',
    );
  });

  test('of other writers, with keys that are no strings or come twice', () => {
    expect(textOf(Uint8Array.of(0x82, 1, 2, 0xa1, 0x61, 0x80))).toBe('[[1,2],["a",{}]]');
    expect(textOf(Uint8Array.of(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2))).toBe('{"a":1,"a":2}');
  });
});

test('the longest forms of headers are read', () => {
  for (const hex of ['dd00000001c6000000020102', 'dc0001c5 0002 0102', '91c4020102'])
    expect(textOf(new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')))).toBe('["AQI="]');
  expect(textOf(new Uint8Array(Buffer.from('df00000001db0000000161d0ff', 'hex')))).toBe('{"a":-1}');
  expect(textOf(new Uint8Array(Buffer.from('c90000000005', 'hex')))).toBe('[]');
});

test('values as deep as they may be', () => {
  const deepest = [0x91, 0x81, 0xa1, 0x61].concat([]);
  const levels = DEPTH_MAX / 2;
  const bytes = Uint8Array.from([...Array.from({ length: levels }, () => deepest).flat(), 0xc0]);
  expect(textOf(bytes)).toBe(`${'[{"a":'.repeat(levels)}null${'}]'.repeat(levels)}`);
});

test('a text that would be too long stops, and takes no memory', () => {
  const out = new ByteWriter();
  const bytes = codec.encode(Array.from({ length: 10_000 }, () => '\0'.repeat(1000)));
  expect(writeValueText(bytes, out, 100_000)).toBe(false);
  expect(out.bytes.length).toBeLessThan(400_000);
});
