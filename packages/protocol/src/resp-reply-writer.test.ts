import { describe, expect, test } from 'vitest';
import { bytesOf, textOf } from '../test/resp.ts';
import { stored } from '../test/stored.ts';
import type { CommandRow } from './commands/row.ts';
import { COMMANDS } from './commands/table.ts';
import { Encoding } from './encodings.ts';
import { Errors, errorReply } from './errors.ts';
import { RespReplyWriter } from './resp-reply-writer.ts';
import { valueCodec } from './value/codec.ts';

/** A writer whose sink copies at once, or keeps what it is given. */
function open(version: number, keeps = false, max?: number) {
  const sent: Uint8Array[] = [];
  const out = new RespReplyWriter(
    {
      send(bytes, length) {
        sent.push(keeps ? bytes.subarray(0, length) : new Uint8Array(bytes.subarray(0, length)));
        return !keeps;
      },
    },
    max,
  );
  out.version = version;
  const reply = (write: (out: RespReplyWriter) => void): void => {
    out.begin();
    write(out);
    out.end();
  };
  return { out, reply, all: () => sent.map(textOf).join('') };
}

function written(version: number, write: (out: RespReplyWriter) => void): string {
  const { out, reply, all } = open(version);
  reply(write);
  out.flush();
  expect(out.pendingBytes).toBe(0);
  return all();
}

const typed = (value: unknown) => stored(Encoding.VALUE, valueCodec.encode(value));
const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** The reply, in RESP2, and in RESP3 where that is another. */
const REPLIES: readonly (readonly [
  name: string,
  write: (out: RespReplyWriter) => void,
  resp2: string,
  resp3?: string,
])[] = [
  ['written', (out) => out.written(1), '+OK\r\n'],
  ['several written', (out) => out.written(7), '+OK\r\n'],
  ['refused', (out) => out.written(0), '$-1\r\n', '_\r\n'],
  ['absent', (out) => out.absent(), '$-1\r\n', '_\r\n'],
  ['status', (out) => out.status('PONG'), '+PONG\r\n'],
  ['true', (out) => out.boolean(true), ':1\r\n', '#t\r\n'],
  ['false', (out) => out.boolean(false), ':0\r\n', '#f\r\n'],
  ['text', (out) => out.text('é'), '$2\r\n\xc3\xa9\r\n'],
  ['no text', (out) => out.text(''), '$0\r\n\r\n'],
  ['bytes', (out) => out.bytes(bytesOf('\0\xff\r\n')), '$4\r\n\0\xff\r\n\r\n'],
  ['verbatim', (out) => out.verbatim('a\r\nb'), bulk('a\r\nb'), '=8\r\ntxt:a\r\nb\r\n'],
  ['array', (out) => out.array(0), '*0\r\n'],
  ['long array', (out) => out.array(1_048_576), '*1048576\r\n'],
  ['map', (out) => out.map(6), '*12\r\n', '%6\r\n'],
  ['set', (out) => out.set(3), '*3\r\n', '~3\r\n'],
  ['push', (out) => out.push(2), '*2\r\n', '>2\r\n'],
  ['error', (out) => out.error(Errors.noAuth), '-NOAUTH Authentication required.\r\n'],
  ['error of lines', (out) => out.error(errorReply('a\r\nb\nc')), '-ERR a  b c\r\n'],
  [
    'error in an array',
    (out) => {
      out.array(2);
      out.error(errorReply('no\n'));
      out.integer(1);
    },
    '*2\r\n-ERR no \r\n:1\r\n',
  ],
  ...[0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 65_536, 999_999_999, 1_000_000_000, 2 ** 31]
    .concat([2 ** 32, 1_700_000_000_000, 2 ** 53 - 1, -1, -2, -10, -(2 ** 31), -(2 ** 53) + 1])
    .map((n) => [`integer ${n}`, (out: RespReplyWriter) => out.integer(n), `:${n}\r\n`] as const),
  ...[2n ** 63n - 1n, -(2n ** 63n), 0n].map(
    (n) => [`bigint ${n}`, (out: RespReplyWriter) => out.integer(n), `:${n}\r\n`] as const,
  ),
  ...(
    [
      [0, '0'],
      [-0, '-0'],
      [1.5, '1.5'],
      [0.1, '0.1'],
      [1e21, '1e+21'],
      [Number.NaN, 'nan'],
      [Number.POSITIVE_INFINITY, 'inf'],
      [Number.NEGATIVE_INFINITY, '-inf'],
    ] as const
  ).map(
    ([n, text]) =>
      [
        `double ${text}`,
        (out: RespReplyWriter) => out.double(n),
        bulk(text),
        `,${text}\r\n`,
      ] as const,
  ),
  ...[0, 9, 10, 99, 100, 999, 1000, 100_000].flatMap((length) =>
    [Encoding.RAW, Encoding.TEXT, Encoding.BYTES].map(
      (encoding) =>
        [
          `stored bytes, encoding ${encoding}, length ${length}`,
          (out: RespReplyWriter) =>
            out.value(stored(encoding, new Uint8Array(length).fill(0x41)), 1),
          bulk('A'.repeat(length)),
        ] as const,
    ),
  ),
  ...(
    [
      [7, '7'],
      [-0, '0'],
      [Number.NaN, 'NaN'],
      [5n, '5'],
      [null, 'null'],
      [{ a: [1, 'x'] }, '{"a":[1,"x"]}'],
      [['x'.repeat(100_000)], `["${'x'.repeat(100_000)}"]`],
    ] as const
  ).map(
    ([value, text]) =>
      [
        `stored value ${text.slice(0, 20)}`,
        (out: RespReplyWriter) => out.value(typed(value), 1),
        bulk(text),
      ] as const,
  ),
];

describe.each([2, 3])('RESP%i', (version) => {
  test.each(REPLIES.map(([name, write, resp2, resp3]) => ({ name, write, resp2, resp3 })))(
    '$name',
    ({ write, resp2, resp3 }) => {
      expect(written(version, write) === (version === 3 ? (resp3 ?? resp2) : resp2)).toBe(true);
    },
  );

  test.each([false, true])(
    'thousands of replies across the edges of the buffer (kept: %s)',
    (keeps) => {
      const { out, reply, all } = open(version, keeps);
      let expected = '';
      for (let i = 0; i < 4000; i++) {
        const text = String.fromCharCode(97 + (i % 26)).repeat((i * 977) % 300);
        reply((to) => {
          to.array(3);
          to.value(stored(Encoding.RAW, bytesOf(text)), 1);
          to.integer(i);
          to.error(errorReply(text));
        });
        expected += `*3\r\n${bulk(text)}:${i}\r\n-ERR ${text}\r\n`;
      }
      out.flush();
      expect(all() === expected).toBe(true);
      expect(out.errors).toBe(4000);
    },
  );
});

test('a reply that is cancelled leaves no byte', () => {
  const { out, reply, all } = open(2);
  reply((to) => to.integer(1));
  out.begin();
  out.text('never');
  out.cancel();
  reply((to) => to.integer(2));
  out.flush();
  expect(all()).toBe(':1\r\n:2\r\n');
});

test('a reply longer than allowed becomes an error, and memory stays bounded', () => {
  const { out, reply, all } = open(2, false, 200_000);
  const tooLong = `-ERR ${Errors.replyTooLong.message}\r\n`;
  reply((to) => to.status('before'));
  reply((to) => {
    to.array(1000);
    for (let i = 0; i < 1000; i++) to.text('x'.repeat(10_000));
  });
  reply((to) => to.value(typed(['\0'.repeat(100_000)]), 1));
  reply((to) => to.status('after'));
  out.flush();
  expect(all()).toBe(`+before\r\n${tooLong}${tooLong}+after\r\n`);
});

test('bytes that are no value are an error, not a crash', () => {
  const broken = stored(Encoding.VALUE, Uint8Array.of(0x92, 1));
  expect(written(2, (out) => out.value(broken, 1))).toBe(
    `-ERR ${Errors.valueMalformed.message}\r\n`,
  );
});

test('what natively is a number of writes is OK over RESP: a handler need not know the protocol', () => {
  const rows: readonly CommandRow[] = COMMANDS;
  for (const { name, reply } of rows)
    if (reply.native.startsWith('written')) expect(reply.resp, name).toMatch(/^ok/);
});
