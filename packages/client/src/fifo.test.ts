import { expect, test } from 'vitest';
import { Fifo } from './fifo.ts';

test('a queue gives back in order what it was given, however in and out alternate', () => {
  const queue = new Fifo<{ readonly n: number }>();
  let pushed = 0;
  let shifted = 0;
  for (let round = 0; round < 2000; round++) {
    for (let i = 0; i < round % 7; i++) queue.push({ n: pushed++ });
    for (let i = 0; i < round % 5 && queue.size > 0; i++) {
      expect(queue.peek()?.n).toBe(shifted);
      expect(queue.shift()?.n).toBe(shifted++);
    }
    expect(queue.size).toBe(pushed - shifted);
    if (round % 11 === 0 && queue.size > 2) {
      const cut = queue.cut(queue.size - 2);
      expect(cut.map(({ n }) => n)).toEqual([pushed - 2, pushed - 1]);
      pushed -= 2;
    }
    if (queue.size > 0) expect(queue.at(queue.size - 1).n).toBe(pushed - 1);
  }
  const seen: number[] = [];
  queue.forEach(({ n }) => {
    seen.push(n);
  });
  expect(queue.drain().map(({ n }) => n)).toEqual(seen);
  expect(seen[0]).toBe(shifted);
  expect(queue.size).toBe(0);
  expect(queue.peek()).toBeUndefined();
  expect(queue.shift()).toBeUndefined();
});
