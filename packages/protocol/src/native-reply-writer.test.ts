import { expect, test } from 'vitest';
import { Encoding } from './encodings.ts';
import { errorReply } from './errors.ts';
import { FrameKind } from './frame.ts';
import { NativeReplyWriter } from './native-reply-writer.ts';
import { ReplyReader } from './reply-reader.ts';
import type { ValueSource } from './reply-writer.ts';
import { ValueCodec } from './value/codec.ts';

const codec = new ValueCodec();

/** What a client makes of everything that was sent. */
function read(chunks: readonly Uint8Array[]): { kind: number; value: unknown }[] {
  const reader = new ReplyReader();
  const frames: { kind: number; value: unknown }[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    while (reader.next()) {
      const { kind, bytes, bodyStart, bodyEnd } = reader;
      const onError = (code: string, message: string) => ({ code, message });
      frames.push({
        kind,
        value: codec.decodeReply(bytes, bodyStart, bodyEnd, undefined, onError),
      });
    }
  }
  return frames;
}

/** A writer whose sink copies at once, or keeps what it is given and writes over the rest. */
function open(keeps = false, max?: number) {
  const sent: Uint8Array[] = [];
  const out = new NativeReplyWriter(
    {
      send(bytes, length) {
        sent.push(keeps ? bytes.subarray(0, length) : new Uint8Array(bytes.subarray(0, length)));
        return !keeps;
      },
    },
    max,
  );
  const reply = (write: (out: NativeReplyWriter) => void): void => {
    out.begin();
    write(out);
    out.end();
  };
  return { out, sent, reply };
}

function source(encoding: number, bytes: Uint8Array): ValueSource {
  return {
    valueLength: () => bytes.length,
    encodingOf: () => encoding,
    copyValue: (_ref, target, _view, offset) => target.set(bytes, offset),
    stableValue: () => undefined,
    plainLength: () => -1,
  };
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

test.each<[string, (out: NativeReplyWriter) => void, unknown]>([
  ['written', (out) => out.written(3), 3],
  ['status', (out) => out.status('OK'), 'OK'],
  ...[0, 127, 128, -1, -32, -33, 2 ** 32 - 1, 2 ** 32, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53 - 1].map(
    (n): [string, (out: NativeReplyWriter) => void, unknown] => [
      `integer ${n}`,
      (out) => out.integer(n),
      n,
    ],
  ),
  ['a small bigint, a number to the client', (out) => out.integer(5n), 5],
  ['the largest integer', (out) => out.integer(2n ** 63n - 1n), 2n ** 63n - 1n],
  ['double', (out) => out.double(1.5), 1.5],
  ['boolean', (out) => out.boolean(true), true],
  ['absent', (out) => out.absent(), undefined],
  ...[0, 31, 32, 255, 256, 65_535, 65_536].map(
    (n): [string, (out: NativeReplyWriter) => void, unknown] => [
      `text of ${n}`,
      (out) => out.text('x'.repeat(n)),
      'x'.repeat(n),
    ],
  ),
  ['bytes that are text', (out) => out.bytes(bytesOf('é')), 'é'],
  ['bytes that are not', (out) => out.bytes(Uint8Array.of(0xff)), Uint8Array.of(0xff)],
  ['a TEXT value', (out) => out.value(source(Encoding.TEXT, bytesOf('hé')), 1), 'hé'],
  ['a BYTES value', (out) => out.value(source(Encoding.BYTES, bytesOf('h')), 1), bytesOf('h')],
  ['a RAW value of text', (out) => out.value(source(Encoding.RAW, bytesOf('hé')), 1), 'hé'],
  [
    'a RAW value of bytes',
    (out) => out.value(source(Encoding.RAW, Uint8Array.of(0x80, 1)), 1),
    Uint8Array.of(0x80, 1),
  ],
  ['a stored null', (out) => out.value(source(Encoding.VALUE, codec.encode(null)), 1), null],
  [
    'a large VALUE',
    (out) => out.value(source(Encoding.VALUE, codec.encode([7n, 'x'.repeat(300)])), 1),
    [7n, 'x'.repeat(300)],
  ],
  [
    'an array',
    (out) => {
      out.array(2);
      out.absent();
      out.integer(1);
    },
    [undefined, 1],
  ],
  [
    'a map',
    (out) => {
      out.map(1);
      out.text('a');
      out.array(0);
    },
    { a: [] },
  ],
  ...[15, 16, 65_535, 65_536].map((n): [string, (out: NativeReplyWriter) => void, unknown] => [
    `an array of ${n}`,
    (out) => {
      out.array(n);
      for (let i = 0; i < n; i++) out.boolean(false);
    },
    new Array(n).fill(false),
  ]),
])('%s', (_name, write, value) => {
  const { out, sent, reply } = open();
  reply(write);
  out.flush();
  expect(read(sent)).toEqual([{ kind: FrameKind.REPLY, value }]);
  expect(out.pendingBytes).toBe(0);
});

test('an error alone is an error frame; inside an array it is an element', () => {
  const { out, sent, reply } = open();
  const error = errorReply('häßlich '.repeat(40), 'WRONGTYPE');
  reply((to) => to.error(error));
  reply((to) => {
    to.array(3);
    to.integer(1);
    to.error(error);
    to.integer(2);
  });
  out.flush();
  expect(read(sent)).toEqual([
    { kind: FrameKind.ERROR, value: [error.code, error.message] },
    { kind: FrameKind.REPLY, value: [1, error, 2] },
  ]);
  expect(out.errors).toBe(2);
});

test('a cancelled reply leaves no byte, and pushes are frames of their own', () => {
  const { out, sent, reply } = open();
  reply((to) => to.integer(1));
  out.begin();
  out.text('never');
  out.cancel();
  out.beginPush();
  out.text('news');
  out.end();
  out.flush();
  expect(read(sent)).toEqual([
    { kind: FrameKind.REPLY, value: 1 },
    { kind: FrameKind.PUSH, value: 'news' },
  ]);
});

test.each([false, true])(
  'thousands of replies around every edge of the buffer (sink keeps: %s)',
  (keeps) => {
    const { out, sent, reply } = open(keeps);
    const expected: unknown[] = [];
    for (let i = 0; i < 3_000; i++) {
      const size = (i * 977) % 300;
      const text = String.fromCharCode(97 + (i % 26)).repeat(size);
      if (i % 3 === 0) {
        reply((to) => {
          to.array(3);
          to.value(source(Encoding.RAW, bytesOf(text)), 1);
          to.error(errorReply(text));
          to.integer(i);
        });
        expected.push([text, { code: 'ERR', message: text }, i]);
      } else if (i % 3 === 1) {
        reply((to) => to.error(errorReply(text)));
        expected.push(['ERR', text]);
      } else {
        reply((to) => to.text(text));
        expected.push(text);
      }
    }
    out.flush();
    expect(read(sent).map(({ value }) => value)).toEqual(expected);
    expect(sent.length).toBeGreaterThan(3);
  },
);

test.each([false, true])(
  'a frame larger than the buffer, with small ones around it (sink keeps: %s)',
  (keeps) => {
    const { out, sent, reply } = open(keeps);
    const large = 'x'.repeat(1_000_000);
    for (const text of ['a', large, 'b', large, 'c']) reply((to) => to.text(text));
    out.flush();
    expect(read(sent).map(({ value }) => value)).toEqual(['a', large, 'b', large, 'c']);
  },
);

test('a flush in the middle of a frame sends what is complete before it', () => {
  const { out, sent, reply } = open();
  reply((to) => to.text('first'));
  out.begin();
  out.array(2);
  out.text('second');
  out.flush();
  expect(read(sent).map(({ value }) => value)).toEqual(['first']);
  expect(out.pendingBytes).toBe(5 + 1 + 7);
  out.text('third');
  out.end();
  out.flush();
  expect(read(sent).map(({ value }) => value)).toEqual(['first', ['second', 'third']]);
});

test('a reply longer than allowed becomes an error, and memory stays bounded', () => {
  const { out, sent, reply } = open(false, 200_000);
  reply((to) => to.text('before'));
  reply((to) => {
    to.array(1000);
    for (let i = 0; i < 1000; i++) to.text('x'.repeat(10_000));
  });
  reply((to) => to.text('after'));
  out.flush();
  expect(read(sent)).toEqual([
    { kind: FrameKind.REPLY, value: 'before' },
    { kind: FrameKind.ERROR, value: ['ERR', expect.any(String)] },
    { kind: FrameKind.REPLY, value: 'after' },
  ]);
});
