import { describe, expect, test } from 'vitest';
import { ValueCodec, valueCodec } from './codec.ts';
import { ValueError } from './value-error.ts';

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ValueError) return error.code;
    throw error;
  }
  return 'none';
}

const decode = (hex: string): unknown => valueCodec.decode(bytesOf(hex));
const reply = (hex: string, absent?: unknown): unknown =>
  valueCodec.decodeReply(bytesOf(hex), 0, undefined, absent, (code, message, details) => ({
    code,
    message,
    details,
  }));

describe('bytes of other writers', () => {
  test('longer forms than needed are read', () => {
    expect(decode('cd 0001')).toBe(1);
    expect(decode('d2 ffffffff')).toBe(-1);
    expect(decode('d1 ffff')).toBe(-1);
    expect(decode('ca 3fc00000')).toBe(1.5);
    expect(decode('cf 0000000000000001')).toBe(1n);
    expect(decode('dd 00000001 dc 0001 db 00000001 61')).toEqual([['a']]);
    expect(decode('df 00000001 d9 01 61 de 0000')).toEqual({ a: {} });
    expect(decode('c9 00000000 03')).toBe(undefined);
  });

  test('a map with a key that is no string is a Map, wherever that key stands', () => {
    expect(decode('82 01 a161 a162 02')).toEqual(
      new Map<unknown, unknown>([
        [1, 'a'],
        ['b', 2],
      ]),
    );
    expect(decode('82 a162 02 01 a161')).toEqual(
      new Map<unknown, unknown>([
        ['b', 2],
        [1, 'a'],
      ]),
    );
    expect(decode('81 c0 c0')).toEqual(new Map([[null, null]]));
  });

  test('a key given twice counts once, with its last value', () => {
    expect(decode('82 a161 01 a161 02')).toEqual({ a: 2 });
  });

  test('a long key, one of many bytes and __proto__ in a long form', () => {
    const long = 'k'.repeat(40);
    expect(valueCodec.decode(valueCodec.encode({ [long]: 1, é: 2 }))).toEqual({ [long]: 1, é: 2 });
    const back = decode(`81 d9 09 ${Buffer.from('__proto__').toString('hex')} 90`) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(['__proto__']);
  });

  test('bytes that are not UTF-8 read as U+FFFD; a byte order mark stays', () => {
    expect(decode('a3 61ff62')).toBe('a\ufffdb');
    expect(decode('a3 efbbbf')).toBe('\ufeff');
    expect(decode('81 a1 ff 01')).toEqual({ '\ufffd': 1 });
  });

  test('nanoseconds are cut off towards the past', () => {
    expect(decode('d7ff 0000000400000001')).toEqual(new Date(1000));
    expect(decode('c70cff 3b9ac9ff ffffffffffffffff')).toEqual(new Date(-1));
  });

  test('a range is read, not what lies around it', () => {
    expect(valueCodec.decode(bytesOf('ff 01 ff'), 1, 2)).toBe(1);
    expect(codeOf(() => valueCodec.decode(bytesOf('ff 92 01 ff'), 1, 3))).toBe('MALFORMED');
    expect(() => valueCodec.decode(bytesOf('01'), 0, 2)).toThrow(RangeError);
  });
});

describe('bytes that are no value', () => {
  test.each([
    ['', 'nothing'],
    ['c1', 'the unused byte'],
    ['01 02', 'two values'],
    ['a2 61', 'half a string'],
    ['dd ffffffff', 'four billion elements in five bytes'],
    ['df ffffffff', 'as many entries'],
    ['db ffffffff 61', 'a string'],
    ['c6 ffffffff', 'bytes'],
    ['c9 ffffffff 04', 'a Map'],
    ['d4 03 00', 'undefined with a body'],
    ['d4 07 00', 'an invalid date with one'],
    ['d5 ff 0000', 'a timestamp of 2 bytes'],
    ['c700 ff', 'a timestamp of none'],
    ['d7 ff ffffffff00000000', 'more than a second of nanoseconds'],
    ['c70cff 00000000 7fffffffffffffff', 'a time beyond Date'],
    ['d4 04 01', 'a Map with half an entry'],
    ['d5 05 9201', 'an array that leaves its Set'],
    ['c700 06', 'a typed array without a kind'],
    ['d4 06 00', 'kind 0'],
    ['d4 06 0c', 'kind 12'],
    ['d5 06 0300', 'half an element'],
    ['d4 01 c0', 'a wire value'],
    ['d5 02 9000', 'a wire error'],
    ['d4 00 00', 'type 0'],
    ['d4 08 00', 'type 8'],
    ['d4 1f 00', 'type 31'],
    ['d4 fe 00', 'type -2'],
    ['d4 80 00', 'type -128'],
    ['c700 20', 'an application type without a value'],
    ['d5 20 0102', 'with two'],
  ])('%s: %s', (hex) => {
    expect(codeOf(() => decode(hex))).toBe('MALFORMED');
  });

  test('every truncation of a value of every kind', () => {
    const value = {
      n: null,
      i: [1, 200, 70_000, -5, -200, -70_000],
      f: 1.5,
      b: 5n,
      s: 'short',
      l: 'long'.repeat(100),
      y: new Uint8Array(300),
      d: [new Date(0), new Date(1), new Date(-1), new Date(Number.NaN)],
      m: new Map([[1, new Set([undefined])]]),
      t: new Float64Array(3),
    };
    const bytes = valueCodec.encode(value);
    for (let end = 0; end < bytes.length; end++) {
      expect(codeOf(() => valueCodec.decode(bytes.slice(0, end)))).toBe('MALFORMED');
      expect(codeOf(() => valueCodec.decode(bytes, 0, end))).toBe('MALFORMED');
    }
  });

  test('ten thousand levels', () => {
    expect(codeOf(() => valueCodec.decode(new Uint8Array(10_000).fill(0x91)))).toBe('TOO_DEEP');
    expect(codeOf(() => decode(`${'81a161'.repeat(129)}01`))).toBe('TOO_DEEP');
  });

  test('lengths announced at every level do not add up to memory', () => {
    const bytes = new Uint8Array(4_000_000);
    for (let level = 0; level < 128; level++) bytes.set([0xdd, 0x00, 0x30, 0x00, 0x00], level * 5);
    const before = process.memoryUsage().rss;
    expect(codeOf(() => valueCodec.decode(bytes))).toBe('MALFORMED');
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
  });

  test('maps of mixed keys at every level take no longer than their bytes', () => {
    let bytes: number[] = [1];
    for (let level = 0; level < 60; level++) bytes = [0x82, 0xa1, 0x61, ...bytes, 1, 1];
    expect(valueCodec.decode(Uint8Array.from(bytes))).toBeInstanceOf(Map);
  });

  test('a string longer than the engine allows', () => {
    const bytes = Buffer.alloc(2 ** 29 + 5);
    bytes.writeUInt8(0xdb);
    bytes.writeUInt32BE(2 ** 29, 1);
    expect(codeOf(() => valueCodec.decode(bytes))).toBe('TOO_LARGE');
  });

  test('the codec works on after an error', () => {
    const codec = new ValueCodec();
    expect(codeOf(() => codec.decode(bytesOf('92 d5 05 9201')))).toBe('MALFORMED');
    expect(codec.decode(bytesOf('9201c0'))).toEqual([1, null]);
  });
});

describe('replies', () => {
  test('nil is absence, and null where it is a value', () => {
    expect(reply('c0')).toBe(undefined);
    expect(reply('d4 01 c0')).toBe(null);
    expect(reply('93 c0 d4 01 c0 c0', 'none')).toEqual(['none', null, 'none']);
    expect(reply('d5 01 91c0', 'none')).toEqual([null]);
  });

  test('64-bit integers are numbers where safe, and bigints inside a value', () => {
    expect(reply('cf 001fffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
    expect(reply('cf 0020000000000000')).toBe(2n ** 53n);
    expect(reply('d3 ffffffffffffffff')).toBe(-1);
    expect(reply('c709 01 d3 ffffffffffffffff')).toBe(-1n);
    expect(reply('92 c709 01 d3 ffffffffffffffff d3 ffffffffffffffff')).toEqual([-1n, -1]);
  });

  test('an error inside an array goes to the hook, with or without details', () => {
    expect(reply('92 01 c706 02 92 a145 a26d6d')).toEqual([
      1,
      { code: 'E', message: 'mm', details: undefined },
    ]);
    expect(reply('91 c707 02 93 a145 a26d6d 05')).toEqual([
      { code: 'E', message: 'mm', details: 5 },
    ]);
    expect(codeOf(() => valueCodec.decodeReply(bytesOf('91 c706 02 92 a145 a26d6d')))).toBe(
      'MALFORMED',
    );
    expect(codeOf(() => reply('91 d5 02 91 01'))).toBe('MALFORMED');
  });

  test('the wire’s extensions do not nest', () => {
    expect(codeOf(() => reply('c703 01 d401c0'))).toBe('MALFORMED');
    expect(codeOf(() => reply('c703 01 d402c0'))).toBe('MALFORMED');
    expect(codeOf(() => reply('d5 01 0102'))).toBe('MALFORMED');
    expect(codeOf(() => reply('c700 01'))).toBe('MALFORMED');
  });

  test('a value inside a reply has all of its levels', () => {
    const body = `${'91'.repeat(128)}01`;
    expect(codeOf(() => reply(`91 c781 01 ${body}`))).toBe('none');
    expect(codeOf(() => reply(`91 c782 01 91 ${body}`))).toBe('TOO_DEEP');
  });

  test('a decode after a failed reply gives null again', () => {
    expect(codeOf(() => reply('92 c0'))).toBe('MALFORMED');
    expect(decode('c0')).toBe(null);
  });
});
