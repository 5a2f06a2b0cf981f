import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../src/byte-writer.ts';
import { Encoding } from '../src/encodings.ts';
import { errorReply } from '../src/errors.ts';
import { makeDurable } from '../src/frame.ts';
import { NativeReplyWriter } from '../src/native-reply-writer.ts';
import { ReplyReader } from '../src/reply-reader.ts';
import type { ValueSource } from '../src/reply-writer.ts';
import { writeRequest } from '../src/request-writer.ts';
import { ValueCodec } from '../src/value/codec.ts';
import { writeValueText } from '../src/value/json-text.ts';
import { Money, moneyExtension, sameValue } from './arbitrary-value.ts';
import { readAll } from './requests.ts';

class Refused {
  readonly code: string;
  readonly message: string;
  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

const page = readFileSync(new URL('../FORMAT.md', import.meta.url), 'utf8');
const codec = new ValueCodec({ extensions: [moneyExtension] });
const HEX = /^[0-9a-f]{2}( [0-9a-f]{2})*$/;
/** Hex in backticks; single bytes and prose such as `d4 01 c0` in a sentence too. */
const everyHex = [...page.matchAll(/`([0-9a-f]{2}(?: [0-9a-f]{2})+)`/g)].map(
  ([, hex]) => hex as string,
);
const seen = new Set<string>();

const bytesOf = (hex: string): Uint8Array => {
  seen.add(hex);
  return Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
};
const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
const evaluate = (expression: string): unknown =>
  new Function('Money', 'Refused', `return (${expression});`)(Money, Refused);

const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of the table whose header is this, without the backticks. */
function table(header: string): string[][] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => cells(line).join(' | ') === header);
  expect(from, header).toBeGreaterThan(0);
  const rows = lines.slice(from + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows
    .slice(0, end)
    .map((line) => cells(line).map((cell) => cell.replace(/^`(.*)`$/, '$1')));
}

describe('requests', () => {
  test.each(table('request | frame'))('%s', (expression, hex = '') => {
    const [name, ...args] = evaluate(expression as string) as [string, ...unknown[]];
    const writer = new ByteWriter();
    writeRequest(writer, codec, name, args);
    expect(hexOf(writer.copy())).toBe(hex);
    const { rows, error } = readAll(bytesOf(hex));
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(1);
    expect(rows[0]?.command).not.toBe(0);
    expect(rows[0]?.args).toHaveLength(args.length);
  });
});

test.each(table('durable request | frame'))('the durable request %s', (expression, hex = '') => {
  const [name, ...args] = evaluate(expression as string) as [string, ...unknown[]];
  const writer = new ByteWriter();
  writeRequest(writer, codec, name, args);
  makeDurable(writer.bytes, writer.view, 0, writer.position);
  expect(hexOf(writer.copy())).toBe(hex);
  const { rows, error } = readAll(bytesOf(hex));
  expect(error).toBeUndefined();
  expect(rows[0]?.args).toHaveLength(args.length);
});

describe('replies', () => {
  const stored = (encoding: number, value: unknown): ValueSource => {
    const bytes =
      encoding === Encoding.VALUE
        ? codec.encode(value)
        : new Uint8Array(Buffer.from(value as string));
    return {
      valueLength: () => bytes.length,
      encodingOf: () => encoding,
      copyValue: (_ref, target, _view, offset) => target.set(bytes, offset),
      stableValue: () => undefined,
      plainLength: () => -1,
    };
  };
  const writes: Record<string, (out: NativeReplyWriter) => void> = {
    'SET, written': (out) => out.written(1),
    'GET, absent': (out) => out.absent(),
    'GET, a stored null': (out) => out.value(stored(Encoding.VALUE, null), 1),
    'GET, TEXT': (out) => out.value(stored(Encoding.TEXT, 'Alice'), 1),
    'GET, BYTES': (out) => out.value(stored(Encoding.BYTES, '\x01\x02'), 1),
    'GET, VALUE': (out) => out.value(stored(Encoding.VALUE, { b: [1n] }), 1),
    MGET: (out) => {
      out.array(3);
      out.value(stored(Encoding.TEXT, 'x'), 1);
      out.absent();
      out.value(stored(Encoding.VALUE, 7), 1);
    },
    'INCR, large': (out) => out.integer(9007199254740993n),
    'an error': (out) => out.error(errorReply('syntax error')),
    'an error inside an array': (out) => {
      out.array(2);
      out.integer(1);
      out.error(errorReply('no'));
    },
  };

  test.each(table('reply | read as | frame'))('%s', (name = '', expression = '', hex = '') => {
    const sent: string[] = [];
    const out = new NativeReplyWriter({
      send: (bytes, length) => sent.push(hexOf(bytes.subarray(0, length))) > 0,
    });
    out.begin();
    writes[name]?.(out);
    out.end();
    out.flush();
    expect(sent).toEqual([hex]);
    const reader = new ReplyReader();
    reader.push(bytesOf(hex));
    expect(reader.next()).toBe(true);
    const { bytes, bodyStart, bodyEnd } = reader;
    const onError = (code: string, message: string) => new Refused(code, message);
    const value = codec.decodeReply(bytes, bodyStart, bodyEnd, undefined, onError);
    expect(value).toEqual(evaluate(expression));
  });
});

describe('values', () => {
  const hasFloat16 = 'Float16Array' in globalThis;
  test.each(table('value | bytes'))('%s', (expression = '', hex = '') => {
    const bytes = bytesOf(hex);
    if (expression.includes('Float16') && !hasFloat16) return;
    const value = evaluate(expression);
    expect(hexOf(codec.encode(value))).toBe(hex);
    expect(sameValue(codec.decode(bytes), value)).toBe(true);
  });

  test('what the page calls malformed is', () => {
    const [, list = ''] = page.match(/\(malformed: ([^)]*)\)/) ?? [];
    const examples = [...list.matchAll(/`([^`]*)`/g)].map(([, hex]) => hex as string);
    expect(examples.length).toBeGreaterThan(0);
    for (const hex of examples)
      expect(() => codec.decode(bytesOf(hex))).toThrow(
        expect.objectContaining({ code: 'MALFORMED' }),
      );
  });

  test('what the page says of nil in a reply holds', () => {
    expect(codec.decodeReply(bytesOf('93 c0 d4 01 c0 d4 01 07'))).toEqual([undefined, null, 7]);
    for (const hex of ['d4 01 c0', 'c7 01 01 c0'])
      expect(codec.decodeReply(bytesOf(hex))).toBe(null);
  });
});

describe('stored values over RESP', () => {
  test.each(table('stored value | over RESP'))('%s', (expression = '', text = '') => {
    const out = new ByteWriter();
    expect(writeValueText(codec.encode(evaluate(expression)), out, 1000)).toBe(true);
    expect(Buffer.from(out.copy()).toString()).toBe(text);
  });
});

test('every hex example of the page was checked above', () => {
  expect(everyHex.length).toBeGreaterThan(60);
  for (const hex of everyHex) expect(hex).toMatch(HEX);
  expect(everyHex.filter((hex) => !seen.has(hex))).toEqual([]);
});
