import { ValueCodec } from '@kv/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { RequestParser } from '../test/fake-server.ts';
import type { Call } from './call.ts';
import { CallQueue } from './call-queue.ts';
import { kindOf } from './command.ts';

const MEBIBYTE = 1024 * 1024;

let queue: CallQueue;
beforeEach(() => {
  queue = new CallQueue(new ValueCodec());
});

function add(name: string, ...args: unknown[]): Call {
  const call = queue.add(kindOf(name), args, 0);
  call.promise.catch(() => {});
  return call;
}

/** What goes out now. */
function sent(): string[] {
  let lines: string[] = [];
  const send = (bytes: Uint8Array) => {
    const requests = new RequestParser().push(bytes);
    lines = requests.map(({ name, args }) => [name, ...args].join(' '));
    return true;
  };
  queue.flush({ send }, 0);
  return lines;
}

describe('a queue of calls', () => {
  test('sends nothing of calls that were given up, wherever they are', () => {
    const calls = ['a', 'bb', 'ccc', 'dddd', 'e'].map((key) => add('GET', key));
    for (const i of [0, 2, 4]) expect(queue.giveUp(calls[i] as Call)).toBe(true);
    expect(queue.length).toBe(2);
    expect(sent()).toEqual(['GET bb', 'GET dddd']);
    expect(queue.length).toBe(2);
    expect(sent()).toEqual([]);
    expect([queue.shift(undefined), queue.shift(undefined)]).toEqual([calls[1], calls[3]]);
  });

  test('keeps what was sent apart from the gaps in what waits', () => {
    const first = add('GET', 'first');
    sent();
    const waiting = Array.from({ length: 200 }, (_, i) => add('GET', String(i)));
    for (const [i, call] of waiting.entries()) if (i % 4 !== 0) queue.giveUp(call);
    expect(queue.length).toBe(51);
    expect(queue.pending).toBe(51);
    expect(queue.giveUp(first)).toBe(false);
    expect(queue.pending).toBe(50);
    expect(queue.shift(undefined)).toBe(first);
    expect(sent()).toEqual(waiting.filter((_, i) => i % 4 === 0).map((_, i) => `GET ${i * 4}`));
  });

  test('puts what is sent again in front, again and again', () => {
    add('GET', 'first');
    add('SET', 'second', 2);
    sent();
    const gone = add('GET', 'gone');
    add('GET', 'third');
    queue.giveUp(gone);
    expect(queue.lost(0)).toEqual([]);
    expect(queue.length).toBe(3);
    expect(sent()).toEqual(['GET first', 'SET second 2', 'GET third']);
    for (let i = 0; i < 2; i++) queue.shift(undefined);
    queue.lost(0);
    const [left] = queue.drain();
    expect(left?.kind.name).toBe('GET');
    expect(queue.length).toBe(0);
    expect(sent()).toEqual([]);
  });

  test('says which calls may have been executed when the connection is lost', () => {
    const incr = add('INCR', 'n');
    const dropped = add('INCR', 'n');
    add('GET', 'k');
    sent();
    queue.giveUp(dropped);
    expect(queue.lost(0)).toEqual([incr]);
    expect([queue.length, queue.pending]).toEqual([1, 1]);
    expect(sent()).toEqual(['GET k']);
  });

  test('does not keep the memory of large requests', () => {
    const small = queue.capacity;
    const large = new Uint8Array(10 * MEBIBYTE);
    add('SET', 'k', large);
    sent();
    queue.shift(undefined);
    expect(queue.capacity).toBe(small);
    const calls = Array.from({ length: 70 }, () => add('SET', 'k', large.subarray(9 * MEBIBYTE)));
    expect(queue.capacity).toBeGreaterThan(69 * MEBIBYTE);
    for (const call of calls) queue.giveUp(call);
    expect(queue.capacity).toBeLessThan(12 * MEBIBYTE);
    queue.drain();
    expect(queue.capacity).toBe(0);
  });

  test('uses its memory again, and never while it is still being sent', () => {
    const kept: Uint8Array[] = [];
    for (const taken of [false, true, true, true]) {
      add('GET', 'k');
      const send = (bytes: Uint8Array) => {
        kept.push(bytes);
        return taken;
      };
      queue.flush({ send }, 0);
      queue.shift(undefined);
    }
    const buffers = kept.map(({ buffer }) => buffer);
    expect(buffers[1]).not.toBe(buffers[0]);
    expect(buffers[3]).toBe(buffers[1]);
    expect(new Set(buffers).size).toBe(3);
  });

  test('keeps the bytes of requests until they have been answered', () => {
    const batches = Array.from({ length: 10 }, (_, i) => {
      add('GET', String(i));
      return sent();
    });
    expect(batches.flat()).toHaveLength(10);
    queue.lost(0);
    expect(sent()).toEqual(batches.flat());
  });
});

describe('the time of calls', () => {
  const limited = (limitMs: number) => queue.add(kindOf('GET'), ['k'], limitMs);
  const to = { send: () => true };

  test('begins when they are sent; the first of them to expire is told', () => {
    const calls = [limited(50), limited(0), limited(20), limited(30)];
    expect(queue.flush(to, 1000.2)).toBe(1021);
    expect(calls.map(({ expiresAt }) => expiresAt)).toEqual([1051, 0, 1021, 1031]);
    limited(0);
    expect(queue.flush(to, 2000)).toBe(0);
  });

  test('begins when the connection is lost, and does not begin again with the next', () => {
    const before = limited(50);
    queue.flush(to, 1000);
    const waiting = limited(50);
    queue.lost(1040);
    expect([before.expiresAt, waiting.expiresAt]).toEqual([1050, 1090]);
    expect(queue.flush(to, 1045)).toBe(1050);
    expect(waiting.expiresAt).toBe(1090);
  });
});
