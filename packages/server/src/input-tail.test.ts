import { expect, test } from 'vitest';
import { InputTail } from './input-tail.ts';

const left = ({ bytes, start, end }: InputTail): number[] => [...bytes.subarray(start, end)];

test('a chunk is used where it is while nothing older is left', () => {
  const tail = new InputTail();
  const chunk = Uint8Array.of(1, 2, 3);
  tail.add(chunk);
  expect(tail.bytes).toBe(chunk);
  tail.consume(3);
  expect(tail.bytes.length).toBe(0);
});

test('what is left is joined with what comes, and no chunk is written to', () => {
  const tail = new InputTail();
  const first = Uint8Array.of(1, 2, 3);
  tail.add(first);
  tail.consume(1);
  tail.add(Uint8Array.of(4, 5));
  expect(left(tail)).toEqual([2, 3, 4, 5]);
  tail.consume(tail.start + 2);
  for (let i = 6; i < 3000; i++) tail.add(Uint8Array.of(i & 255));
  expect(left(tail)).toEqual([4, ...Array.from({ length: 2995 }, (_, i) => (i + 5) & 255)]);
  expect([...first]).toEqual([1, 2, 3]);
});

test('room follows what has arrived, not what was announced, and ends where the frame does', () => {
  const tail = new InputTail();
  const total = 10_000_000;
  tail.add(new Uint8Array(10));
  tail.expect(total);
  tail.add(new Uint8Array(10));
  expect(tail.bytes.length).toBeLessThan(2000);
  for (let have = 20; have < total; have += 65_536) {
    tail.add(new Uint8Array(65_536));
    expect(tail.bytes.length).toBeLessThanOrEqual(Math.max(2 * (have + 65_536), 1024));
    expect(tail.bytes.length).toBeLessThanOrEqual(total + 65_536);
  }
});

test('the room of a giant frame is not kept for the beginning of a small one', () => {
  const tail = new InputTail();
  tail.add(new Uint8Array(10));
  tail.add(new Uint8Array(2_000_000));
  tail.consume(tail.end - 1);
  expect(tail.bytes.length).toBe(1);
});

test('bytes that were given away are left, and what follows is kept apart from them', () => {
  const tail = new InputTail();
  tail.add(Uint8Array.of(1, 2, 3));
  tail.add(Uint8Array.of(4, 5));
  expect(tail.own).toBe(true);
  const given = tail.bytes;
  expect(tail.heldBytes).toBe(given.length);
  tail.leave(tail.start + 3);
  expect(left(tail)).toEqual([4, 5]);
  given.fill(9);
  tail.add(Uint8Array.of(6));
  expect(left(tail)).toEqual([4, 5, 6]);
  tail.leave(tail.end);
  expect(tail.heldBytes).toBe(0);
});
