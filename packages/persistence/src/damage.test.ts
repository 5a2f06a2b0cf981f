/** Every damage that SNAPSHOT.md says a reader refuses, and the offers of faulty or newer writers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryFile } from '../test/memory-file.ts';
import { bytes, entry, manyEntries, SampleSink, SampleSource } from '../test/sample-entries.ts';
import { withTemporaryDirectory } from '../test/temporary-directory.ts';
import type { SnapshotEntry } from './entry.ts';
import { SnapshotDamagedError } from './errors.ts';
import {
  encodeFooter,
  encodeHeader,
  FRAME_BYTES,
  HEADER,
  HEADER_BYTES,
  KIND_RECORDS,
  RECORD,
  writeFrame,
} from './layout.ts';
import { readSnapshot, verifySnapshot } from './read-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** 120 is the long form, a snapshot of some 10 KB: see docs/DURABILITY.md. */
const MORE_ENTRIES = Number(process.env.KV_DAMAGE_ENTRIES ?? 0);
const PATH = '/snapshot.kv';
const original: SnapshotEntry[] = [
  entry({ key: bytes('alice'), value: bytes('1'), deadline: 2_000_000_000_000 }),
  entry({ database: 3, key: bytes('bob'), value: bytes('two'), type: 1, encoding: 2 }),
  entry({ key: new Uint8Array(0), value: new Uint8Array(0) }),
  ...manyEntries(MORE_ENTRIES, 60),
];

function save(entries: readonly SnapshotEntry[]): Promise<Uint8Array> {
  return withTemporaryDirectory(async (directory) => {
    const path = join(directory, 'snapshot.kv');
    await writeSnapshot(path, new SampleSource(entries));
    return new Uint8Array(await readFile(path));
  });
}

/** Loads a damaged file; answers the error, having checked that what was delivered was original. */
async function load(content: Uint8Array, entries = original) {
  const fs = memoryFile(content);
  const sink = new SampleSink();
  const error = await readSnapshot(PATH, sink, { fs, now: 0 }).then(
    () => undefined,
    (reason) => reason,
  );
  expect(sink.entries).toEqual(entries.slice(0, sink.entries.length));
  const verified = await verifySnapshot(PATH, { fs }).catch((reason) => reason);
  if (error !== undefined) expect(verified).toMatchObject({ code: error.code });
  return error;
}

/** Cuts a file into header, blocks and footer. */
function parts(content: Uint8Array): Uint8Array[] {
  const cut = [content.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < content.length; ) {
    const length = new DataView(content.buffer, content.byteOffset + at).getUint32(8, true);
    cut.push(content.subarray(at, at + FRAME_BYTES + length));
    at += FRAME_BYTES + length;
  }
  return cut;
}

describe('a small snapshot', { timeout: 240_000 }, () => {
  let content: Uint8Array;
  beforeAll(async () => {
    content = await save(original);
    expect(await load(content)).toBeUndefined();
  });

  test('with any one bit flipped is damaged', async () => {
    for (let bit = 0; bit < content.length * 8; bit += 1) {
      const damaged = content.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      const error = await load(damaged);
      expect(error, `bit ${bit}`).toBeInstanceOf(SnapshotDamagedError);
    }
  });

  test('with any one byte replaced by zero or by 255 is damaged', async () => {
    for (const byte of [0, 255]) {
      for (let at = 0; at < content.length; at += 1) {
        if (content[at] === byte) continue;
        const error = await load(content.with(at, byte));
        expect(error, `byte ${at}`).toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
      }
    }
  });

  test('cut short at any byte is damaged, and so with zeros in place of what was cut', async () => {
    for (let length = 0; length < content.length; length += 1) {
      const cut = await load(content.slice(0, length));
      expect(cut, `length ${length}`).toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
      const zeroed = content.slice().fill(0, length);
      if (Buffer.compare(zeroed, content) === 0) continue;
      expect(await load(zeroed), `zeros from ${length}`).toMatchObject({
        code: 'SNAPSHOT_DAMAGED',
      });
    }
  });

  test('followed by anything is damaged', async () => {
    for (const more of [new Uint8Array(1), new Uint8Array(4096), content, bytes('garbage')]) {
      const error = await load(Buffer.concat([content, more]));
      expect(error).toMatchObject({ code: 'SNAPSHOT_DAMAGED', byteOffset: content.length - 48 });
    }
  });

  test('names the path, the block, the byte and the reason', async () => {
    const damaged = content.with(HEADER_BYTES + FRAME_BYTES, 77);
    expect(await load(damaged)).toMatchObject({
      code: 'SNAPSHOT_DAMAGED',
      path: PATH,
      blockIndex: 0,
      byteOffset: HEADER_BYTES,
      reason: 'the checksum of the payload differs',
    });
    expect(await load(content.with(3, 0))).toMatchObject({ blockIndex: undefined, byteOffset: 0 });
  });
});

describe('a snapshot of several blocks', () => {
  const entries = manyEntries(2600, 300);
  let cut: Uint8Array[];
  let other: Uint8Array[];
  beforeAll(async () => {
    cut = parts(await save(entries));
    other = parts(await save(entries));
    expect(cut.length).toBe(6);
    expect(await load(Buffer.concat(cut), entries)).toBeUndefined();
  });

  test.each<[string, number, (file: Uint8Array[]) => (Uint8Array | undefined)[]]>([
    ['a block twice', 1, ([h, a, b, c, d, f]) => [h, a, a, b, c, d, f]],
    ['a block twice in place of another', 1, ([h, a, , c, d, f]) => [h, a, a, c, d, f]],
    ['two blocks swapped', 0, ([h, a, b, c, d, f]) => [h, b, a, c, d, f]],
    ['a block missing', 1, ([h, a, , c, d, f]) => [h, a, c, d, f]],
    ['the last block missing', 3, ([h, a, b, c, , f]) => [h, a, b, c, f]],
    ['no footer', 4, ([h, a, b, c, d]) => [h, a, b, c, d]],
    ['the footer twice', 4, ([h, a, b, c, d, f]) => [h, a, b, c, d, f, f]],
    ['the footer early', 0, ([h, a, b, c, d, f]) => [h, f, a, b, c, d]],
  ])('with %s is damaged there', async (_, blockIndex, arrange) => {
    const file = arrange(cut).filter((part) => part !== undefined);
    expect(await load(Buffer.concat(file), entries)).toMatchObject({
      code: 'SNAPSHOT_DAMAGED',
      blockIndex,
    });
  });

  test('with a block of another snapshot of the same entries is damaged there', async () => {
    for (let i = 0; i < cut.length; i += 1) {
      const file = cut.map((part, at) => (at === i ? (other[i] as Uint8Array) : part));
      const error = await load(Buffer.concat(file), entries);
      expect(error).toMatchObject({ code: 'SNAPSHOT_DAMAGED', blockIndex: Math.max(i - 1, 0) });
    }
  });
});

describe('a file whose checksums fit', () => {
  const header = encodeHeader({ id: new Uint8Array(8), createdAt: 0, entriesExpected: 0 });

  function resealed(change: (view: DataView) => void): Uint8Array {
    const content = header.bytes.slice();
    const view = new DataView(content.buffer);
    change(view);
    view.setUint32(HEADER.checksum, crc32(content.subarray(0, HEADER.checksum)), true);
    return content;
  }

  interface Given {
    readonly records?: number;
    readonly length?: number;
    /** What the footer says, where that is not the truth. */
    readonly footer?: {
      readonly records?: number;
      readonly blocks?: number;
      readonly offset?: number;
    };
  }

  function withBlock(payload: Uint8Array, given: Given = {}) {
    const { records = 1, length = payload.length } = given;
    const frame = new Uint8Array(FRAME_BYTES);
    const checksum = crc32(payload, header.salt);
    const fields = { kind: KIND_RECORDS, index: 0, length, records, payloadChecksum: checksum };
    writeFrame(frame, new DataView(frame.buffer), 0, header.salt, fields);
    const offset = header.bytes.length + frame.length + payload.length;
    const footer = encodeFooter(header.salt, { records, blocks: 1, offset, ...given.footer });
    return Buffer.concat([header.bytes, frame, payload, footer]);
  }

  function record(field: number, value: number, size = 12): Uint8Array {
    const payload = new Uint8Array(size);
    new DataView(payload.buffer).setUint32(field, value, true);
    return payload;
  }

  test('of a newer version is refused as newer', async () => {
    const version = resealed((view) => view.setUint16(HEADER.version, 2, true));
    expect(await load(version)).toMatchObject({ code: 'SNAPSHOT_NEWER', path: PATH });
  });

  test('with a flag that this version does not know is refused as newer', async () => {
    const flags = resealed((view) => view.setUint32(HEADER.flags, 1, true));
    expect(await load(flags)).toMatchObject({ code: 'SNAPSHOT_NEWER' });
  });

  test('of version 0, or with reserved bits set, is damaged', async () => {
    const version = resealed((view) => view.setUint16(HEADER.version, 0, true));
    expect(await load(version)).toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
    const reserved = resealed((view) => view.setUint32(HEADER.reserved, 1, true));
    expect(await load(reserved)).toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
  });

  test('and whose record is sound loads', async () => {
    expect(
      await load(withBlock(new Uint8Array(12)), [entry({ key: bytes(''), value: bytes('') })]),
    ).toBeUndefined();
  });

  test.each<[string, Uint8Array]>([
    ['a key that passes the end of its block', withBlock(record(RECORD.key, 1))],
    ['a value that passes the end of its block', withBlock(record(RECORD.value, 1))],
    ['a value beyond its limit', withBlock(record(RECORD.value, 2 ** 32 - 1))],
    ['reserved bits of a record set', withBlock(record(RECORD.key, 2 ** 29))],
    ['a deadline without room', withBlock(record(RECORD.key, 2 ** 31))],
    ['half a record', withBlock(new Uint8Array(11))],
    ['bytes after the last record', withBlock(new Uint8Array(24))],
    ['fewer records than it says', withBlock(new Uint8Array(24), { records: 3 })],
    ['a block of no records', withBlock(new Uint8Array(0), { records: 0 })],
    ['a block of 4 GB that is not there', withBlock(new Uint8Array(12), { length: 2 ** 32 - 1 })],
    ['a block of 1 GB that is not there', withBlock(new Uint8Array(12), { length: 2 ** 30 })],
    [
      'a block of several records beyond 1 MiB',
      withBlock(new Uint8Array(1024 * 1024 + 12), { records: 2 }),
    ],
  ])('and that holds %s is damaged', async (_, content) => {
    expect(await load(content)).toMatchObject({ code: 'SNAPSHOT_DAMAGED', blockIndex: 0 });
  });

  test('and whose block is longer than the file is refused before it is allocated', async () => {
    const content = withBlock(new Uint8Array(12), { length: 2 ** 30 });
    expect(await load(content)).toMatchObject({ reason: 'the file ends inside a block' });
  });

  test.each([{ records: 2 }, { offset: 0 }])(
    'and whose footer says %o, which is not so, is damaged',
    async (footer) => {
      const content = withBlock(new Uint8Array(12), { footer });
      const entries = [entry({ key: bytes(''), value: bytes('') })];
      expect(await load(content, entries)).toMatchObject({
        code: 'SNAPSHOT_DAMAGED',
        blockIndex: 1,
      });
    },
  );

  test('and that holds a deadline beyond 2^53-1 is damaged', async () => {
    const payload = record(RECORD.key, 2 ** 31, 20);
    new DataView(payload.buffer).setUint32(RECORD.deadline + 4, 0x20_0000, true);
    expect(await load(withBlock(payload))).toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
  });
});

test('a file that becomes shorter while it is read is damaged', async () => {
  const content = await save(original);
  const fs = memoryFile(content.subarray(0, 60));
  const longer: typeof fs = {
    ...fs,
    openFile: async (path) => ({ ...(await fs.openFile(path)), size: async () => content.length }),
  };
  await expect(readSnapshot(PATH, new SampleSink(), { fs: longer })).rejects.toMatchObject({
    code: 'SNAPSHOT_DAMAGED',
  });
});
