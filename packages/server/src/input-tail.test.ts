import { expect, test } from 'vitest';
import { InputTail } from './input-tail.ts';
import { HEADROOM_BYTES, READ_BYTES, SharedInput } from './shared-input.ts';
import { SpareArrays } from './spare-arrays.ts';

const left = ({ bytes, start, end }: InputTail): number[] => [...bytes.subarray(start, end)];

test('a chunk is used where it is while nothing older is left', () => {
  const tail = new InputTail(new SpareArrays());
  const chunk = Uint8Array.of(1, 2, 3);
  tail.add(chunk);
  expect(tail.bytes).toBe(chunk);
  tail.consume(3);
  expect(tail.bytes.length).toBe(0);
});

test('what is left is joined with what comes, and no chunk is written to', () => {
  const tail = new InputTail(new SpareArrays());
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

test('room follows what has arrived, is had in one piece from 4 MiB on, and ends where the frame does', () => {
  const tail = new InputTail(new SpareArrays());
  const total = 10_000_000;
  tail.add(new Uint8Array(10));
  tail.expect(total);
  tail.add(new Uint8Array(10));
  for (let have = 20; have < total; have += 65_536) {
    tail.add(new Uint8Array(65_536));
    // As after every read: nothing of it is a whole request.
    tail.consume(tail.start);
    if (have + 65_536 > 2 ** 23) expect(tail.bytes.length).toBe(total + 65_536);
    // A megabyte is had at once.
    else if (have + 65_536 < 2 ** 22)
      expect(tail.bytes.length).toBeLessThanOrEqual(Math.max(2 * (have + 65_536), 2 ** 20));
  }
});

test('the room of a giant frame is not kept for the beginning of a small one', () => {
  const tail = new InputTail(new SpareArrays());
  tail.add(new Uint8Array(10));
  tail.add(new Uint8Array(2_000_000));
  tail.consume(tail.end - 1);
  expect(tail.bytes.length).toBe(1);
});

test('bytes that were given away are left, and what follows is kept apart from them', () => {
  const tail = new InputTail(new SpareArrays());
  tail.add(Uint8Array.of(1, 2, 3));
  tail.add(Uint8Array.of(4, 5));
  expect(tail.own).toBe(true);
  const given = tail.bytes;
  expect(tail.heldBytes).toBe(5);
  tail.leave(tail.start + 3);
  expect(left(tail)).toEqual([4, 5]);
  given.fill(9);
  tail.add(Uint8Array.of(6));
  expect(left(tail)).toEqual([4, 5, 6]);
  tail.leave(tail.end);
  expect(tail.heldBytes).toBe(0);
});

/** Reads into what tails share, as a socket does. */
function reads(tail: InputTail, input: SharedInput, ...bytes: number[]): void {
  input.area.set(bytes);
  tail.read(input, bytes.length);
}

test('what is read into shared bytes is used there, and what is left of it is kept', () => {
  const input = new SharedInput();
  const [one, other] = [new InputTail(new SpareArrays()), new InputTail(new SpareArrays())];
  reads(one, input, 1, 2, 3);
  expect(one.bytes).toBe(input.bytes);
  expect(one.own).toBe(false);
  one.consume(one.start + 2);
  one.settle();
  expect(one.own).toBe(true);
  expect(one.heldBytes).toBe(1);
  reads(other, input, 7, 8, 9);
  other.consume(other.start + 3);
  other.settle();
  expect(other.heldBytes).toBe(0);
  // Little was kept: it goes in front of what comes.
  reads(one, input, 4, 5);
  expect(one.bytes).toBe(input.bytes);
  expect(one.start).toBe(HEADROOM_BYTES - 1);
  expect(left(one)).toEqual([3, 4, 5]);
  one.settle();
  // Much was kept: what comes goes behind it.
  reads(one, input, 6);
  expect(one.own).toBe(true);
  expect(left(one)).toEqual([3, 4, 5, 6]);
});

/** As much of a long frame as makes it likely that the rest will come. */
const BEGINNING = Array.from({ length: 5000 }, (_, i) => i & 255);

test('a long frame of which little has come gets no room beforehand', () => {
  const input = new SharedInput();
  const tail = new InputTail(new SpareArrays());
  tail.expect(5 * READ_BYTES);
  for (let i = 0; i < 100; i++) {
    reads(tail, input, i);
    tail.settle();
    expect(tail.place()).toBeUndefined();
  }
  expect(tail.bytes.length).toBeLessThanOrEqual(1024);
});

test('a long frame is read where it will stay', () => {
  const input = new SharedInput();
  const tail = new InputTail(new SpareArrays());
  const total = 5 * READ_BYTES;
  reads(tail, input, ...BEGINNING);
  expect(tail.place()).toBeUndefined();
  tail.expect(total);
  tail.settle();
  let place = tail.place() as Uint8Array;
  expect(place.buffer).toBe(tail.bytes.buffer);
  for (let have = BEGINNING.length; have < total; ) {
    const count = Math.min(place.length, total - have);
    place.fill(have & 255, 0, count);
    const { bytes } = tail;
    tail.placed(place, count);
    expect(tail.bytes).toBe(bytes);
    have += count;
    expect(tail.end - tail.start).toBe(have);
    const next = tail.place();
    if (next === undefined) break;
    place = next;
  }
  expect(left(tail).slice(0, BEGINNING.length + 1)).toEqual([...BEGINNING, BEGINNING.length & 255]);
});

test('what is read to a place that was given up meanwhile is not lost', () => {
  const input = new SharedInput();
  const tail = new InputTail(new SpareArrays());
  reads(tail, input, ...BEGINNING);
  tail.expect(3 * READ_BYTES);
  tail.settle();
  const place = tail.place() as Uint8Array;
  tail.clear();
  place.set([3, 4, 5]);
  tail.placed(place, 3);
  expect(left(tail)).toEqual([3, 4, 5]);
  expect(tail.bytes.buffer).not.toBe(place.buffer);
});

test('the array of a frame that has been read serves the next one, of whoever it is, unless it was given away', () => {
  const spares = new SpareArrays();
  const [one, other] = [new InputTail(spares), new InputTail(spares)];
  const begin = (tail: InputTail): Uint8Array => {
    tail.add(Uint8Array.of(1, 2, 3));
    tail.add(Uint8Array.of(4, 5));
    expect(tail.own).toBe(true);
    return tail.bytes;
  };
  const array = begin(one);
  one.consume(one.end);
  expect(begin(other)).toBe(array);
  expect(left(other)).toEqual([1, 2, 3, 4, 5]);
  other.leave(4);
  expect(left(other)).toEqual([5]);
  expect(begin(one)).not.toBe(array);
  expect([...array.subarray(0, 5)]).toEqual([1, 2, 3, 4, 5]);
});

test('an array that the next read goes to serves nobody else', () => {
  const spares = new SpareArrays();
  const [one, other] = [new InputTail(spares), new InputTail(spares)];
  one.add(new Uint8Array(5000));
  one.expect(3 * READ_BYTES);
  one.add(new Uint8Array(5000));
  const place = one.place() as Uint8Array;
  expect(place.buffer).toBe(one.bytes.buffer);
  // As when the connection is told to close meanwhile.
  one.clear();
  other.add(Uint8Array.of(1));
  other.add(Uint8Array.of(2));
  expect(other.bytes.buffer).not.toBe(place.buffer);
  one.placed(place, 10);
  expect(left(one)).toEqual(new Array(10).fill(0));
  expect(left(other)).toEqual([1, 2]);
});
