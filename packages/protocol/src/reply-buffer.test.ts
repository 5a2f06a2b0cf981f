import { describe, expect, test } from 'vitest';
import { stored } from '../test/stored.ts';
import { Encoding } from './encodings.ts';
import { NativeReplyWriter } from './native-reply-writer.ts';
import { RespReplyWriter } from './resp-reply-writer.ts';

const LARGE = new Uint8Array(100_000).fill(0x41);
const large = stored(Encoding.TEXT, LARGE, true);
const copied = stored(Encoding.TEXT, LARGE);

type Writer = NativeReplyWriter | RespReplyWriter;

describe.each([
  ['natively', NativeReplyWriter],
  ['in RESP', RespReplyWriter],
] as const)('values sent from where they lie, %s', (_name, Writer) => {
  /** What is sent when a value may stay where it is, and when it is copied. */
  function both(write: (out: Writer, value: typeof large) => void): [string, string] {
    const sent = [large, copied].map((value) => {
      const chunks: Uint8Array[] = [];
      const out: Writer = new Writer({
        send: (bytes, length) => chunks.push(new Uint8Array(bytes.subarray(0, length))) > 0,
      });
      write(out, value);
      out.flush();
      expect(out.pendingBytes).toBe(0);
      return Buffer.concat(chunks).toString('latin1');
    });
    return sent as [string, string];
  }

  test('a sink that keeps what it is sent beside a value is not written over', () => {
    const kept: Uint8Array[] = [];
    // The first piece is taken at once, what comes behind it waits.
    const out: Writer = new Writer({
      send: (bytes, length) => kept.push(bytes.subarray(0, length)) === 1,
    });
    const ask = (): void => {
      out.begin();
      out.value(large, 1);
      out.end();
      out.begin();
      out.text('first');
      out.end();
      out.flush();
    };
    ask();
    const before = Buffer.concat(kept).toString('latin1');
    out.begin();
    out.text('something else'.repeat(10));
    out.end();
    out.flush();
    expect(Buffer.concat(kept.slice(0, 3)).toString('latin1') === before).toBe(true);
  });

  const one = (out: Writer, value: typeof large): void => {
    out.begin();
    out.value(value, 1);
    out.end();
  };

  test.each<[string, (out: Writer, value: typeof large) => void]>([
    ['one', one],
    [
      'two in a row',
      (out, value) => {
        one(out, value);
        one(out, value);
      },
    ],
    [
      'one, and another that is taken back',
      (out, value) => {
        one(out, value);
        out.begin();
        out.value(value, 1);
        out.cancel();
      },
    ],
    [
      'one, and another flushed while it is written',
      (out, value) => {
        one(out, value);
        out.begin();
        out.array(2);
        out.value(value, 1);
        out.flush();
        out.value(value, 1);
        out.end();
      },
    ],
    [
      'between short replies',
      (out, value) => {
        for (let i = 0; i < 5; i++) {
          out.begin();
          out.integer(i);
          out.end();
          one(out, value);
        }
      },
    ],
  ])('%s', (_case, write) => {
    const [lying, inBuffer] = both(write);
    expect(lying.length).toBeGreaterThan(LARGE.length);
    expect(lying === inBuffer).toBe(true);
  });

  test('they count in what is pending', () => {
    const out: Writer = new Writer({ send: () => true });
    one(out, large);
    expect(out.pendingBytes).toBeGreaterThan(LARGE.length);
    out.flush();
    expect(out.pendingBytes).toBe(0);
  });
});

describe.each([
  ['natively', NativeReplyWriter],
  ['in RESP', RespReplyWriter],
] as const)('elements written aside, %s', (_name, Writer) => {
  test('are put into an array as if they had been written there', () => {
    const sent = (write: (out: Writer) => void): string => {
      const chunks: Uint8Array[] = [];
      const out = new Writer({
        send: (bytes, length) => chunks.push(new Uint8Array(bytes.subarray(0, length))) > 0,
      });
      out.begin();
      write(out);
      out.end();
      out.flush();
      return Buffer.concat(chunks).toString('latin1');
    };
    const put = sent((out) => {
      const aside = out.aside();
      for (let i = 0; i < 1000; i++) aside.bytes(LARGE.subarray(0, i));
      const parts = [aside.take()];
      aside.integer(7);
      parts.push(aside.take());
      expect(aside.pendingBytes).toBe(0);
      out.array(1001);
      for (const part of parts) out.put(part);
    });
    const written = sent((out) => {
      out.array(1001);
      for (let i = 0; i < 1000; i++) out.bytes(LARGE.subarray(0, i));
      out.integer(7);
    });
    expect(put === written).toBe(true);
  });
});
