import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, entry, manyEntries, SampleSink, SampleSource } from '../test/sample-entries.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { SnapshotError } from './errors.ts';
import { readSnapshot, verifySnapshot } from './read-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

async function saved(entries = manyEntries(3)) {
  const path = join(await temporaryDirectory(), 'snapshot.kv');
  await writeSnapshot(path, new SampleSource(entries), { clock: { now: () => 1234.5 } });
  return path;
}

test('a missing file is no error, and reads as undefined', async () => {
  const path = join(await temporaryDirectory(), 'snapshot.kv');
  expect(await readSnapshot(path, new SampleSink())).toBeUndefined();
  expect(await verifySnapshot(path)).toBeUndefined();
});

test('a file that cannot be read is an error with the file system’s error as cause', async () => {
  const path = await temporaryDirectory();
  await expect(readSnapshot(path, new SampleSink())).rejects.toMatchObject({
    code: 'SNAPSHOT_READ_FAILED',
    path,
    cause: { code: 'EISDIR' },
  });
});

test('entries whose deadline has come are counted and dropped, and later ones are restored', async () => {
  const path = await saved([
    entry({ key: bytes('past'), deadline: 99 }),
    entry({ key: bytes('now'), deadline: 100 }),
    entry({ key: bytes('soon'), deadline: 101 }),
    entry({ key: bytes('never') }),
  ]);
  const sink = new SampleSink();
  const loaded = await readSnapshot(path, sink, { now: 100 });
  expect(loaded).toMatchObject({ entries: 2, expired: 2, createdAt: 1234 });
  expect(sink.entries.map(({ key }) => Buffer.from(key).toString())).toEqual(['soon', 'never']);
  const byClock = await readSnapshot(path, new SampleSink(), { clock: { now: () => 99 } });
  expect(byClock).toMatchObject({ entries: 3, expired: 1 });
});

test('progress ends with all records and all bytes but the footer', async () => {
  const path = await saved(manyEntries(2000, 300));
  const told: number[][] = [];
  const loaded = await readSnapshot(path, new SampleSink(), {
    onProgress: ({ bytes: done, bytesTotal, entries, entriesExpected }) =>
      told.push([done, bytesTotal, entries, entriesExpected]),
  });
  const total = loaded?.bytes as number;
  expect(told.length).toBe(loaded?.blocks);
  expect(told.at(-1)).toEqual([total - 48, total, 2000, 2000]);
});

describe('a sink that refuses an entry', () => {
  test('ends the load with its error as cause', async () => {
    const cause = new Error('out of memory');
    const restore = () => {
      throw cause;
    };
    const path = await saved();
    await expect(readSnapshot(path, { restore })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      path,
      cause,
    });
  });

  test('with an error of this package ends the load with that error', async () => {
    const restore = () => {
      throw new SnapshotError('SNAPSHOT_FOREIGN', 'not mine');
    };
    const reading = readSnapshot(await saved(), { restore });
    await expect(reading).rejects.toMatchObject({ code: 'SNAPSHOT_FOREIGN' });
  });
});

describe('a sink that takes many entries at once', () => {
  test('is told the end, after which its own failure is one of the load', async () => {
    const told: unknown[] = [];
    const sink = {
      ...{ restore: () => undefined },
      restoreAll: ({ count }: { count: number }) => told.push(count),
      restored: () => told.push('end'),
    };
    await readSnapshot(await saved(), sink);
    expect(told).toEqual([3, 'end']);
    const cause = new Error('no room');
    const restored = () => {
      throw cause;
    };
    const path = await saved();
    await expect(readSnapshot(path, { ...sink, restored })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      cause,
    });
  });

  test('is told the end after a failure as well, and the first one counts', async () => {
    const cause = new Error('first');
    let ends = 0;
    const sink = {
      restore: () => undefined,
      restoreAll: () => {
        throw cause;
      },
      restored: () => {
        ends += 1;
        throw new Error('second');
      },
    };
    await expect(readSnapshot(await saved(), sink)).rejects.toMatchObject({ cause });
    expect(ends).toBe(1);
  });
});

test('a verification says what is in the file', async () => {
  const path = await saved([
    entry({ database: 1, key: bytes('ab'), value: bytes('cde'), deadline: 7 }),
    entry({ database: 1 }),
    entry({ database: 2 }),
  ]);
  const report = await verifySnapshot(path);
  expect(report).toMatchObject({
    version: 1,
    createdAt: 1234,
    entriesExpected: 3,
    entries: 3,
    withDeadline: 1,
    keyBytes: 8,
    valueBytes: 13,
    blocks: 1,
  });
  expect(report?.id).toMatch(/^[0-9a-f]{16}$/);
  expect(report?.databases).toEqual(
    new Map([
      [1, 2],
      [2, 1],
    ]),
  );
});
