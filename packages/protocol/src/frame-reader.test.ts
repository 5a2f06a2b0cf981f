import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryValue, sameValue } from '../test/arbitrary-value.ts';
import { readAll, requestFrame, str } from '../test/requests.ts';
import { ByteWriter } from './byte-writer.ts';
import { compiledNamed } from './commands/compile.ts';
import { ArgumentForm } from './encodings.ts';
import { makeDurable } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import {
  ARGUMENTS_MAX,
  BATCH_ARGUMENTS_MAX,
  FRAME_BYTES_MAX,
  UNAUTHENTICATED_FRAME_BYTES_MAX,
} from './limits.ts';
import { INVALID, RequestBatch } from './request-batch.ts';
import { writeRequest } from './request-writer.ts';
import { ValueCodec } from './value/codec.ts';
import type { ValueError } from './value/value-error.ts';

const codec = new ValueCodec();
const GET = compiledNamed('GET')?.id as number;

function requests(...all: [string, ...unknown[]][]): Uint8Array {
  const writer = new ByteWriter();
  for (const [name, ...args] of all) writeRequest(writer, codec, name, args);
  return writer.copy();
}

const SAMPLE = requests(
  ['HELLO', 1, 'AUTH', 'default', 'secret'],
  ['GET', 'key'],
  ['SET', 'key', { a: [1, 2n, new Date(0)] }, 'EX', 10],
  ['CLIENT ID'],
  ['SET', new Uint8Array([1, 255]), null],
  ['MSET', 'a', true, 'b', -1.5, 'c', 2n ** 63n, 'd', 'x'.repeat(300), 'e', new Uint8Array(300)],
);

describe('valid requests', () => {
  test('are read whole', () => {
    const { rows, error, used } = readAll(SAMPLE);
    expect(error).toBeUndefined();
    expect(used).toBe(SAMPLE.length);
    expect(rows.map(({ command }) => command)).toEqual([
      compiledNamed('HELLO')?.id,
      GET,
      compiledNamed('SET')?.id,
      expect.any(Number),
      compiledNamed('SET')?.id,
      compiledNamed('MSET')?.id,
    ]);
    expect(rows[1]?.args).toEqual([{ form: ArgumentForm.TEXT, hex: '6b6579' }]);
    expect(rows[4]?.args).toEqual([
      { form: ArgumentForm.BYTES, hex: '01ff' },
      { form: ArgumentForm.NIL, hex: 'c0' },
    ]);
  });

  test('split at every byte: what is whole comes out, the rest waits', () => {
    const whole = readAll(SAMPLE);
    for (let cut = 0; cut <= SAMPLE.length; cut++) {
      const head = readAll(SAMPLE.subarray(0, cut));
      expect(head.error).toBeUndefined();
      expect(head.used).toBeLessThanOrEqual(cut);
      if (head.wanted > 0) expect(head.used + head.wanted).toBeGreaterThan(cut);
      const tail = readAll(SAMPLE.subarray(head.used));
      expect([...head.rows, ...tail.rows]).toEqual(whole.rows);
    }
  });

  test('byte by byte', () => {
    const whole = readAll(SAMPLE);
    const rows = [];
    let start = 0;
    for (let end = 1; end <= SAMPLE.length; end++) {
      const { rows: more, used, error } = readAll(SAMPLE.subarray(start, end));
      expect(error).toBeUndefined();
      rows.push(...more);
      start += used;
    }
    expect(rows).toEqual(whole.rows);
  });

  test.each([
    ['fixarray', [0x92]],
    ['array 16', [0xdc, 0, 2]],
    ['array 32', [0xdd, 0, 0, 0, 2]],
  ])('with the header %s', (_name, header) => {
    const { rows } = readAll(requestFrame(Uint8Array.from(header), str('get'), str('k')));
    expect(rows).toEqual([
      { command: GET, problem: undefined, args: [{ form: ArgumentForm.TEXT, hex: '6b' }] },
    ]);
  });

  test.each<[string, number[], number, string]>([
    ['positive fixint', [0x7f], ArgumentForm.INTEGER, '7f'],
    ['negative fixint', [0xe0], ArgumentForm.INTEGER, 'e0'],
    ['nil', [0xc0], ArgumentForm.NIL, 'c0'],
    ['false', [0xc2], ArgumentForm.BOOLEAN, 'c2'],
    ['true', [0xc3], ArgumentForm.BOOLEAN, 'c3'],
    ['uint 8', [0xcc, 1], ArgumentForm.INTEGER, 'cc01'],
    ['uint 16', [0xcd, 0, 1], ArgumentForm.INTEGER, 'cd0001'],
    ['uint 32', [0xce, 0, 0, 0, 1], ArgumentForm.INTEGER, 'ce00000001'],
    ['uint 64', [0xcf, 0, 0, 0, 0, 0, 0, 0, 1], ArgumentForm.INTEGER, 'cf0000000000000001'],
    ['int 8', [0xd0, 1], ArgumentForm.INTEGER, 'd001'],
    ['int 16', [0xd1, 0, 1], ArgumentForm.INTEGER, 'd10001'],
    ['int 32', [0xd2, 0, 0, 0, 1], ArgumentForm.INTEGER, 'd200000001'],
    ['int 64', [0xd3, 0, 0, 0, 0, 0, 0, 0, 1], ArgumentForm.INTEGER, 'd30000000000000001'],
    ['float 32', [0xca, 0, 0, 0, 0], ArgumentForm.FLOAT, 'ca00000000'],
    ['float 64', [0xcb, 0, 0, 0, 0, 0, 0, 0, 0], ArgumentForm.FLOAT, 'cb0000000000000000'],
    ['fixstr', [0xa1, 0x61], ArgumentForm.TEXT, '61'],
    ['str 8', [0xd9, 1, 0x61], ArgumentForm.TEXT, '61'],
    ['str 16', [0xda, 0, 1, 0x61], ArgumentForm.TEXT, '61'],
    ['str 32', [0xdb, 0, 0, 0, 1, 0x61], ArgumentForm.TEXT, '61'],
    ['bin 8', [0xc4, 1, 0x61], ArgumentForm.BYTES, '61'],
    ['bin 16', [0xc5, 0, 1, 0x61], ArgumentForm.BYTES, '61'],
    ['bin 32', [0xc6, 0, 0, 0, 1, 0x61], ArgumentForm.BYTES, '61'],
    ['fixext 1', [0xd4, 1, 0x90], ArgumentForm.VALUE, '90'],
    ['fixext 2', [0xd5, 1, 0x91, 7], ArgumentForm.VALUE, '9107'],
    ['fixext 4', [0xd6, 1, 0x93, 7, 7, 7], ArgumentForm.VALUE, '93070707'],
    ['ext 8', [0xc7, 1, 1, 0x90], ArgumentForm.VALUE, '90'],
    ['ext 16', [0xc8, 0, 1, 1, 0x90], ArgumentForm.VALUE, '90'],
    ['ext 32', [0xc9, 0, 0, 0, 1, 1, 0x90], ArgumentForm.VALUE, '90'],
  ])('an argument as %s', (_name, element, form, hex) => {
    const bytes = requestFrame(0x93, str('SET'), str('k'), Uint8Array.from(element));
    const { rows, error } = readAll(bytes);
    expect(error).toBeUndefined();
    expect(rows[0]?.args[1]).toEqual({ form, hex });
    // Cut short inside its frame, it breaks the protocol.
    for (let cut = 1; cut < element.length; cut++) {
      const short = requestFrame(
        0x93,
        str('SET'),
        str('k'),
        Uint8Array.from(element.slice(0, cut)),
      );
      expect(readAll(short).error, `cut at ${cut}`).toBeDefined();
    }
  });

  test('with 100,000 arguments', () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => `k${i}`);
    const batch = new RequestBatch();
    const { rows } = readAll(requests(['DEL', ...keys]), true, batch);
    expect(rows[0]?.args).toHaveLength(100_000);
    batch.release();
    expect(batch.offset.length).toBe(1024);
  });

  test('a batch full of arguments takes no further request', () => {
    const bytes = requests(
      ['DEL', ...Array.from({ length: BATCH_ARGUMENTS_MAX }, () => 'k')],
      ['GET', 'k'],
    );
    const batch = new RequestBatch();
    batch.begin(bytes);
    const used = new FrameReader().fill(batch, 0, bytes.length, true);
    expect(batch.rows).toBe(1);
    expect(used).toBeLessThan(bytes.length);
  });
});

test('durable requests are in batches of their own, in order', () => {
  const bytes = requests(['GET', 'a'], ['SET', 'b', 1], ['SET', 'c', 2], ['GET', 'd']);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const second = 4 + view.getUint32(0);
  const third = second + 4 + view.getUint32(second);
  makeDurable(bytes, view, second, third + 4 + view.getUint32(third));
  const batch = new RequestBatch();
  const reader = new FrameReader();
  const found: [number, boolean][] = [];
  for (let at = 0; at < bytes.length; ) {
    batch.begin(bytes);
    at = reader.fill(batch, at, bytes.length, true);
    found.push([batch.rows, batch.durable]);
  }
  expect(found).toEqual([
    [1, false],
    [2, true],
    [1, false],
  ]);
});

describe('what breaks the protocol', () => {
  test.each<[string, number[]]>([
    ['length 0', [0, 0, 0, 0]],
    ['length 2^31', [0x80, 0, 0, 0]],
    ['length 2^32-1', [0xff, 0xff, 0xff, 0xff]],
    ['one more than the longest', [...Buffer.from((FRAME_BYTES_MAX + 1).toString(16), 'hex')]],
    ['no body', [0, 0, 0, 1, 1]],
    ['kind 0', [0, 0, 0, 2, 0, 0x90]],
    ['a reply', [0, 0, 0, 2, 2, 0xc0]],
    ['an error', [0, 0, 0, 2, 3, 0x90]],
    ['a push', [0, 0, 0, 2, 4, 0xc0]],
    ['no array', [...requestFrame(0xc0)]],
    ['an empty array', [...requestFrame(0x90)]],
    ['half an array header', [...requestFrame(0xdc, 0)]],
    ['an array of 2^32-1', [...requestFrame(0xdd, 0xff, 0xff, 0xff, 0xff)]],
    ['more elements than bytes', [...requestFrame(0x93, str('GET'))]],
    ['bytes behind the last argument', [...requestFrame(0x91, str('PING'), 0xc0)]],
    ['a name that is a number', [...requestFrame(0x91, 1)]],
    ['a name that is a VALUE', [...requestFrame(0x91, 0xd4, 1, 0xc0)]],
    ['an array inside', [...requestFrame(0x92, str('GET'), 0x90)]],
    ['an array 16 inside', [...requestFrame(0x92, str('GET'), 0xdc, 0, 0)]],
    ['a map inside', [...requestFrame(0x92, str('GET'), 0x80)]],
    ['a map 32 inside', [...requestFrame(0x92, str('GET'), 0xdf, 0, 0, 0, 0)]],
    ['the byte c1', [...requestFrame(0x92, str('GET'), 0xc1)]],
    ['extension 2', [...requestFrame(0x92, str('GET'), 0xd4, 2, 0xc0)]],
    ['a timestamp', [...requestFrame(0x92, str('GET'), 0xd6, 0xff, 0, 0, 0, 0)]],
    [
      'a str that announces 4 GB',
      [...requestFrame(0x92, str('GET'), 0xdb, 0xff, 0xff, 0xff, 0xff)],
    ],
    [
      'an ext that announces 4 GB',
      [...requestFrame(0x92, str('GET'), 0xc9, 0xff, 0xff, 0xff, 0xff, 1)],
    ],
  ])('%s', (_name, bytes) => {
    const { rows, error, used } = readAll(Uint8Array.from(bytes));
    expect(error).toBeTypeOf('string');
    expect(rows).toEqual([]);
    expect(used).toBe(0);
  });

  test('what came before it is answered first', () => {
    const bytes = Buffer.concat([requests(['GET', 'a']), Uint8Array.of(0, 0, 0, 0)]);
    const { rows, error } = readAll(bytes);
    expect(rows).toHaveLength(1);
    expect(error).toBeDefined();
  });

  test('strangers may send 16 KiB, ten arguments, and one request at a time', () => {
    const long = Uint8Array.of(0, 0, 0x40, 1);
    expect(readAll(long, false).error).toBeDefined();
    expect(readAll(long, true).error).toBeUndefined();
    const largest = Uint8Array.of(0, 0, UNAUTHENTICATED_FRAME_BYTES_MAX >> 8, 0);
    expect(readAll(largest, false).wanted).toBe(UNAUTHENTICATED_FRAME_BYTES_MAX + 4);
    const nine = Array.from({ length: 9 }, () => 1);
    expect(readAll(requests(['HELLO', ...nine]), false).rows).toHaveLength(1);
    expect(readAll(requests(['HELLO', ...nine, 1]), false).error).toBeDefined();
    const batch = new RequestBatch();
    const two = requests(['HELLO', 1], ['GET', 'k']);
    batch.begin(two);
    new FrameReader().fill(batch, 0, two.length, false);
    expect(batch.rows).toBe(1);
  });
});

describe('what is refused while the connection goes on', () => {
  test.each<[string, Uint8Array]>([
    ['10,000 levels', new Uint8Array(10_001).fill(0x91, 0, 10_000)],
    ['a malformed value', Uint8Array.of(0xc1)],
    ['two values', Uint8Array.of(1, 2)],
    ['half a value', Uint8Array.of(0x92, 1)],
    ['no value', new Uint8Array(0)],
  ])('%s', (_name, body) => {
    const head = Buffer.from([0xc9, 0, 0, 0, 0, 1]);
    head.writeUInt32BE(body.length, 1);
    const bytes = Buffer.concat([
      requestFrame(0x93, str('SET'), str('k'), head, body),
      requests(['GET', 'k']),
    ]);
    const { rows, error } = readAll(bytes);
    expect(error).toBeUndefined();
    expect(rows.map(({ command }) => command)).toEqual([INVALID, GET]);
    expect(rows[0]?.problem).toBeTypeOf('string');
  });
});

describe('writeRequest', () => {
  test('what it writes, the reader reads: any value', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue(), { maxLength: 4 }), (values) => {
        const args = values.filter((value) => value !== undefined);
        const bytes = requests(['SET', ...args]);
        const batch = new RequestBatch();
        batch.begin(bytes);
        expect(new FrameReader().fill(batch, 0, bytes.length, true)).toBe(bytes.length);
        for (const [i, arg] of args.entries()) {
          const a = (batch.first[0] as number) + i;
          const range = batch.range(a);
          const form = batch.form[a] as number;
          const back =
            form === ArgumentForm.TEXT
              ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(range)
              : form === ArgumentForm.BYTES
                ? range
                : codec.decode(range);
          expect(sameValue(arg, back)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'UNSUPPORTED_VALUE'],
    ['a function', () => 1, 'UNSUPPORTED_VALUE'],
    ['a symbol', Symbol('x'), 'UNSUPPORTED_VALUE'],
    ['half a surrogate pair', '\ud800', 'LONE_SURROGATE'],
    ['a bigint beyond 64 bits', 2n ** 64n, 'BIGINT_RANGE'],
  ])('refuses %s and leaves the writer as it was', (_name, value, code) => {
    const writer = new ByteWriter();
    writeRequest(writer, codec, 'PING', []);
    const before = writer.copy();
    let thrown: unknown;
    try {
      writeRequest(writer, codec, 'SET', ['key', { a: 1 }, value]);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as ValueError).code).toBe(code);
    expect(writer.copy()).toEqual(before);
  });

  test('refuses more arguments than a server takes', () => {
    const args = new Array(ARGUMENTS_MAX).fill('k');
    expect(() => requests(['DEL', ...args])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });
});

test('mutated frames never crash the reader, nor hang it', () => {
  // xorshift32 with a fixed seed: a failure repeats.
  let state = 0x9e3779b9;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const batch = new RequestBatch();
  for (let round = 0; round < 20_000; round++) {
    const bytes = SAMPLE.slice(0, random(SAMPLE.length) + 1);
    for (let i = random(6); i >= 0; i--) bytes[random(bytes.length)] = random(256);
    const { rows, used } = readAll(bytes, random(4) > 0, batch);
    expect(used).toBeLessThanOrEqual(bytes.length);
    expect(rows.length).toBeLessThanOrEqual(bytes.length / 5);
  }
});
