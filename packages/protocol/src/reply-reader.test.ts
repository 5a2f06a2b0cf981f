import { expect, test } from 'vitest';
import { ReplyReader } from './reply-reader.ts';

const frame = (kind: number, body: Uint8Array): Buffer => {
  const bytes = Buffer.concat([new Uint8Array(5), body]);
  bytes.writeUInt32BE(body.length + 1, 0);
  bytes[4] = kind;
  return bytes;
};

const FRAMES = [
  frame(2, Uint8Array.of(7)),
  frame(3, Uint8Array.of(0x92, 0xa0, 0xa0)),
  frame(4, Buffer.alloc(300, 0xc0)),
  frame(2, Uint8Array.of(0xc0)),
];
const WHOLE = Buffer.concat(FRAMES);

function drain(reader: ReplyReader): string[] {
  const found: string[] = [];
  while (reader.next())
    found.push(
      `${reader.kind}:${Buffer.from(reader.bytes.subarray(reader.bodyStart, reader.bodyEnd)).toString('hex')}`,
    );
  return found;
}

const EXPECTED = FRAMES.map((bytes) => `${bytes[4]}:${bytes.subarray(5).toString('hex')}`);

test('frames split at every pair of bytes come out whole', () => {
  for (let a = 0; a <= WHOLE.length; a++)
    for (const b of [a, a + 1, a + 5, WHOLE.length - 1]) {
      const reader = new ReplyReader();
      const found: string[] = [];
      for (const chunk of [
        WHOLE.subarray(0, a),
        WHOLE.subarray(a, b),
        WHOLE.subarray(Math.max(a, b)),
      ]) {
        reader.push(chunk);
        found.push(...drain(reader));
      }
      expect(found).toEqual(EXPECTED);
    }
});

test('frames come out byte by byte', () => {
  const reader = new ReplyReader();
  const found: string[] = [];
  for (const byte of WHOLE) {
    reader.push(Uint8Array.of(byte));
    found.push(...drain(reader));
  }
  expect(found).toEqual(EXPECTED);
});

test('a chunk that is held by its sender is never written to', () => {
  const chunk = new Uint8Array(WHOLE.subarray(0, 8));
  const before = chunk.slice();
  const reader = new ReplyReader();
  reader.push(chunk);
  drain(reader);
  reader.push(WHOLE.subarray(8));
  expect(drain(reader)).toEqual(EXPECTED.slice(1));
  expect(chunk).toEqual(before);
});

test.each([0, 1, 2 ** 30 + 1, 2 ** 31, 2 ** 32 - 1])(
  'a length of %i is refused at its fourth byte',
  (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    const reader = new ReplyReader();
    reader.push(bytes.subarray(0, 3));
    expect(reader.next()).toBe(false);
    reader.push(bytes.subarray(3));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  },
);

test('an announced length costs no memory', () => {
  const reader = new ReplyReader();
  reader.push(Uint8Array.of(0x40, 0, 0, 0, 2));
  expect(reader.next()).toBe(false);
  reader.push(new Uint8Array(100));
  expect(reader.next()).toBe(false);
  expect(reader.bytes.length).toBeLessThan(10_000);
});

test('memory that is read into again and again spoils nothing, however the frames are cut', () => {
  for (const size of [1, 2, 3, 5, 8, 64, 300, WHOLE.length]) {
    const reader = new ReplyReader();
    const shared = Buffer.alloc(WHOLE.length);
    const found: string[] = [];
    for (let at = 0; at < WHOLE.length; at += size) {
      shared.fill(0xff);
      const length = WHOLE.copy(shared, 0, at, at + size);
      reader.push(shared, length);
      found.push(...drain(reader));
      reader.keep();
    }
    expect(found).toEqual(EXPECTED);
  }
});
