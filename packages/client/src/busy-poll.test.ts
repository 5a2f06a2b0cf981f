import { beforeEach, describe, expect, test } from 'vitest';
import { BusyPoll } from './busy-poll.ts';

let poll: BusyPoll;
let looks: (() => void)[];

beforeEach(() => {
  looks = [];
  poll = new BusyPoll((callback) => looks.push(callback));
});

/** Turns of the event loop in which nothing arrives, until none is asked for or so many. */
function turns(most = Number.POSITIVE_INFINITY): number {
  let count = 0;
  for (; looks.length > 0 && count < most; count++) looks.shift()?.();
  return count;
}

/** Requests whose replies take longer than anybody looks; how many were looked for. */
function slowRequests(count: number): number {
  let looked = 0;
  for (let i = 0; i < count; i++) {
    poll.sent();
    if (turns() > 0) looked++;
    poll.received();
  }
  return looked;
}

describe('looking for a reply', () => {
  test('ends when something arrives', () => {
    poll.sent();
    expect(turns(10)).toBe(10);
    poll.received();
    expect(turns()).toBe(1);
  });

  test('ends by itself after some turns, which begin anew with each request', () => {
    poll.sent();
    const all = turns();
    expect(all).toBeGreaterThan(10);
    expect(all).toBeLessThan(1000);
    poll.received();
    slowRequests(1);
    poll.sent();
    turns(all - 1);
    poll.sent();
    expect(turns()).toBe(all);
  });

  test('is one at a time, however many requests are sent', () => {
    for (let i = 0; i < 5; i++) poll.sent();
    expect(looks).toHaveLength(1);
  });

  test('ends with the connection', () => {
    poll.sent();
    poll.stop();
    expect(turns()).toBe(1);
  });

  test('gets rare where replies always take longer', () => {
    expect(slowRequests(10_000)).toBeLessThan(30);
  });

  test('is taken up again when one reply of many was slow', () => {
    for (let i = 0; i < 100; i++) {
      poll.sent();
      if (i !== 50) turns(3);
      else turns();
      poll.received();
    }
    poll.sent();
    turns();
    poll.sent();
    expect(looks).toHaveLength(0);
    poll.received();
    poll.sent();
    expect(looks).toHaveLength(1);
  });

  test('is taken up again when a server has become fast', () => {
    slowRequests(10_000);
    let looked = 0;
    for (let i = 0; i < 2000; i++) {
      poll.sent();
      if (turns(1) > 0) looked++;
      poll.received();
      turns();
    }
    expect(looked).toBeGreaterThan(900);
  });
});
