import { beforeEach, describe, expect, test, vi } from 'vitest';
import { startServer } from '../test/harness.ts';
import { BusyPoll } from './busy-poll.ts';

let poll: BusyPoll;
let looks: (() => void)[];

beforeEach(() => {
  looks = [];
  poll = new BusyPoll(timers(), true, () => 0);
});

function timers() {
  return {
    setTimeout() {},
    clearTimeout() {},
    setInterval() {},
    clearInterval() {},
    setImmediate: (callback: () => void) => looks.push(callback),
  };
}

/** Turns of the event loop in which nothing arrives, until none is asked for or so many. */
function turns(most = Number.POSITIVE_INFINITY): number {
  let count = 0;
  for (; looks.length > 0 && count < most; count++) looks.shift()?.();
  return count;
}

/** Reads behind which nothing comes for long; how many of them somebody looked behind. */
function lonelyReads(count: number): number {
  let looked = 0;
  for (let i = 0; i < count; i++) {
    poll.received();
    if (turns() > 0) looked++;
  }
  return looked;
}

describe('looking for the next requests', () => {
  test('ends by itself after some turns, which begin anew with each that comes', () => {
    poll.received();
    const all = turns();
    expect(all).toBeGreaterThan(4);
    expect(all).toBeLessThan(100);
    lonelyReads(1);
    poll.received();
    turns(all - 1);
    poll.received();
    expect(turns()).toBe(all);
  });

  test('is one at a time, however many clients there are', () => {
    for (let i = 0; i < 5; i++) poll.received();
    expect(looks).toHaveLength(1);
  });

  test('becomes rare where nobody comes back in time', () => {
    lonelyReads(2000);
    expect(lonelyReads(10_000)).toBeLessThanOrEqual(10);
  });

  test('is not taken for a success when several clients are read in one turn', () => {
    let looked = 0;
    for (let i = 0; i < 2000; i++) {
      poll.received();
      poll.received();
      if (turns() > 0) looked++;
    }
    expect(looked).toBeLessThan(20);
  });

  test('is done after every read again once somebody has come back in time', () => {
    lonelyReads(5000);
    let reads = 0;
    do {
      poll.received();
      reads++;
    } while (looks.length === 0);
    expect(reads).toBeLessThan(1100);
    turns(3);
    poll.received();
    turns();
    expect(lonelyReads(2)).toBe(1);
  });

  test('is not done where it is turned off, and ends when that is done meanwhile', () => {
    poll.received();
    poll.enabled = false;
    expect(turns()).toBe(1);
    expect(lonelyReads(10)).toBe(0);
    poll.enabled = true;
    expect(lonelyReads(10)).toBeGreaterThan(0);
  });
});

test('A server looks behind what its clients have sent, until it is told not to', async () => {
  await using server = await startServer();
  const asked = vi.spyOn(server.timers, 'setImmediate');
  const client = await server.greeted();
  /** Turns of the event loop that the server asks for in several exchanges, one after the other. */
  const exchanges = async () => {
    asked.mockClear();
    for (let i = 0; i < 20; i++) await client.call('PING');
    return asked.mock.calls.length;
  };
  expect(await exchanges()).toBeGreaterThan(30);
  server.server.busyPoll = false;
  await exchanges();
  expect(await exchanges()).toBeLessThanOrEqual(20);
});
