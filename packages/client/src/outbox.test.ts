import { ValueCodec } from '@kv/protocol';
import { describe, expect, test } from 'vitest';
import { RequestParser } from '../test/fake-server.ts';
import type { Call } from './call.ts';
import { kindOf } from './command.ts';
import { Outbox } from './outbox.ts';

const MEBIBYTE = 1024 * 1024;

function add(outbox: Outbox, name: string, ...args: unknown[]): Call {
  const kind = kindOf(name);
  const start = outbox.encode(kind, args);
  const call: Call = {
    kind,
    run: outbox.run,
    start,
    end: outbox.run.length,
    waiting: true,
    repeatable: true,
    tells: undefined,
    batch: undefined,
    resolve: () => {},
    reject: () => {},
    expiresAt: 0,
    sent: false,
    settled: false,
    release: undefined,
  };
  outbox.add(call);
  return call;
}

function sent(outbox: Outbox): string[] {
  let lines: string[] = [];
  outbox.take((bytes) => {
    const requests = new RequestParser().push(bytes);
    lines = requests.map(({ name, args }) => [name, ...args].join(' '));
    return true;
  });
  return lines;
}

describe('an outbox', () => {
  test('closes the gaps of cancelled calls, wherever they are', () => {
    const outbox = new Outbox(new ValueCodec());
    const calls = ['a', 'bb', 'ccc', 'dddd', 'e'].map((key) => add(outbox, 'GET', key));
    for (const i of [0, 2, 4]) outbox.cancel(calls[i] as Call);
    expect(outbox.size).toBe(2);
    expect(sent(outbox)).toEqual(['GET bb', 'GET dddd']);
    expect(outbox.size).toBe(0);
  });

  test('puts back in front, again and again', () => {
    const outbox = new Outbox(new ValueCodec());
    const first = add(outbox, 'GET', 'first');
    const second = add(outbox, 'SET', 'second', 2);
    sent(outbox);
    const gone = add(outbox, 'GET', 'gone');
    add(outbox, 'GET', 'third');
    outbox.cancel(gone);
    outbox.putBack([first, second]);
    expect(outbox.size).toBe(3);
    expect(sent(outbox)).toEqual(['GET first', 'SET second 2', 'GET third']);
    outbox.putBack([first]);
    outbox.cancel(first);
    expect(sent(outbox)).toEqual([]);
  });

  test('does not keep the memory of large requests', () => {
    const outbox = new Outbox(new ValueCodec());
    const small = outbox.capacity;
    const large = new Uint8Array(10 * MEBIBYTE);
    add(outbox, 'SET', 'k', large);
    sent(outbox);
    expect(outbox.capacity).toBe(small);
    const calls = Array.from({ length: 70 }, () =>
      add(outbox, 'SET', 'k', large.subarray(MEBIBYTE)),
    );
    for (const call of calls) outbox.cancel(call);
    expect(outbox.capacity).toBeLessThan(100 * MEBIBYTE);
    outbox.drain();
    expect(outbox.capacity).toBe(0);
  });

  test('uses its memory again, and never while it is still being sent', () => {
    const outbox = new Outbox(new ValueCodec());
    const kept: Uint8Array[] = [];
    for (const taken of [false, true, true, true]) {
      const call = add(outbox, 'GET', 'k');
      outbox.take((bytes) => {
        kept.push(bytes);
        return taken;
      });
      outbox.answered(call);
    }
    const buffers = kept.map(({ buffer }) => buffer);
    expect(buffers[1]).not.toBe(buffers[0]);
    expect(buffers[3]).toBe(buffers[1]);
    expect(new Set(buffers).size).toBe(3);
  });

  test('keeps the bytes of requests until they have been answered', () => {
    const outbox = new Outbox(new ValueCodec());
    const first = add(outbox, 'GET', 'first');
    sent(outbox);
    for (let i = 0; i < 10; i++) {
      const call = add(outbox, 'GET', String(i));
      sent(outbox);
      outbox.answered(call);
    }
    outbox.putBack([first]);
    expect(sent(outbox)).toEqual(['GET first']);
  });
});
