import type { CommandRow } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { type ReplyFormat, showReply } from './show-reply.ts';

type Native = CommandRow['reply']['native'];

function show(reply: unknown, native: Native = 'any', format: Partial<ReplyFormat> = {}) {
  const row = { reply: { native, resp: 'array' } } as const;
  return showReply(reply, row, { json: false, colors: false, isTerminal: false, ...format });
}

const json = (reply: unknown) => JSON.parse(String(show(reply, 'value', { json: true })));

describe('a reply', () => {
  it('is shown bare: strings as they are, and on a line of their own', () => {
    expect(show('hello', 'value')).toBe('hello\n');
    expect(show('a line\n', 'value')).toBe('a line\n');
    expect(show('', 'value')).toBe('\n');
    expect(show(7, 'integer')).toBe('7\n');
    expect(show(undefined, 'value')).toBe('');
  });

  it('is bytes as they are, and readable on a terminal', () => {
    expect(show(Uint8Array.of(0, 255), 'value')).toStrictEqual(Uint8Array.of(0, 255));
    expect(show(Uint8Array.of(0, 255), 'value', { isTerminal: true })).toBe(
      'Uint8Array(2) [ 0, 255 ]\n',
    );
  });

  it('does not command the terminal of whoever looks at it', () => {
    const evil = 'a\u001b]0;title\u0007\u009bb\tc\r\n';
    expect(show(evil, 'value', { isTerminal: true })).toBe('a\\x1b]0;title\\x07\\x9bb\tc\r\n');
    expect(show(evil, 'value')).toBe(evil);
  });

  it('has a line for each item, and none for an empty list', () => {
    expect(show(['a', 'b'], 'keys')).toBe('a\nb\n');
    expect(show([], 'keys')).toBe('');
    expect(show(['a', undefined, { n: 1 }, [1, 2]], 'values')).toBe(
      'a\n(absent)\n{ n: 1 }\n[ 1, 2 ]\n',
    );
    expect(show(['0', ['a', 'b']], 'scan')).toBe('0\n  a\n  b\n');
  });

  it('has a line for each name of a map, and what is inside indented', () => {
    const docs = new Map<string, unknown>([
      [
        'get',
        new Map<string, unknown>([
          ['summary', 'Reads.'],
          ['arguments', [new Map([['name', 'key']])]],
        ]),
      ],
      ['empty', []],
    ]);
    expect(
      show(
        new Map([
          ['port', '7'],
          ['save', ''],
        ]),
        'map',
      ),
    ).toBe('port: 7\nsave: \n');
    expect(show({ port: '7', list: ['a'] }, 'map')).toBe('port: 7\nlist:\n  a\n');
    expect(show(docs, 'map')).toBe(
      'get:\n  summary: Reads.\n  arguments:\n      name: key\nempty:\n',
    );
  });

  it('is a stored value in the notation of JavaScript, which tells kinds apart', () => {
    expect(show(new Map([['a', 1n]]), 'value')).toBe("Map(1) { 'a' => 1n }\n");
    expect(show([1, ['2']], 'value')).toBe("[ 1, [ '2' ] ]\n");
  });

  it('is what comes nearest in JSON', () => {
    const value = {
      big: 2n ** 63n,
      nan: [Number.NaN, Number.NEGATIVE_INFINITY, -0],
      bytes: Uint8Array.of(1, 2, 3),
      floats: Float64Array.of(1.5, Number.NaN),
      bigs: BigInt64Array.of(-1n),
      date: new Date(0),
      invalid: new Date(Number.NaN),
      set: new Set([1n]),
      map: new Map([['__proto__', new Map([[1, 2n]])]]),
      nothing: [undefined, null],
      nested: JSON.parse('{"__proto__":{"a":1}}'),
    };
    expect(JSON.stringify(json(value))).toBe(
      JSON.stringify({
        big: '9223372036854775808',
        nan: ['NaN', '-Infinity', 0],
        bytes: 'AQID',
        floats: [1.5, 'NaN'],
        bigs: ['-1'],
        date: '1970-01-01T00:00:00.000Z',
        invalid: null,
        set: ['1'],
        map: JSON.parse('{"__proto__":[[1,"2"]]}'),
        nothing: [null, null],
        nested: JSON.parse('{"__proto__":{"a":1}}'),
      }),
    );
  });
});
