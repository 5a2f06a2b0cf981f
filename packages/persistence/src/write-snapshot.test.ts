import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, entry, manyEntries, SampleSink, SampleSource } from '../test/sample-entries.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import type { EntrySource, EntryTarget, SnapshotEntry } from './entry.ts';
import type { FileSystem } from './file-system.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { readSnapshot, verifySnapshot } from './read-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

async function roundTrip(entries: readonly SnapshotEntry[]) {
  const path = join(await temporaryDirectory(), 'snapshot.kv');
  const source = new SampleSource(entries);
  const saved = await writeSnapshot(path, source);
  const sink = new SampleSink();
  const loaded = await readSnapshot(path, sink, { now: 0 });
  const report = await verifySnapshot(path);
  expect(saved.entries).toBe(entries.length);
  expect(saved.bytes).toBe((await stat(path)).size);
  expect(loaded).toMatchObject({ entries: entries.length, expired: 0, bytes: saved.bytes });
  expect(report).toMatchObject({ entries: entries.length, bytes: saved.bytes });
  expect(source).toMatchObject({ frozen: 1, closed: 1 });
  return { sink, loaded, report };
}

/** A source whose view copies its entries into blocks itself, and has an iterator for what fits into none. */
class CopyingSource implements EntrySource {
  private readonly entries: readonly SnapshotEntry[];

  constructor(entries: readonly SnapshotEntry[]) {
    this.entries = entries;
  }

  freeze() {
    const left = [...this.entries];
    return {
      count: left.length,
      close() {},
      *[Symbol.iterator]() {
        while (left.length > 0) yield left.shift() as SnapshotEntry;
      },
      copyTo(target: EntryTarget) {
        for (let next = left[0]; next !== undefined; next = left[0]) {
          const { database, type, encoding, deadline = 0, key, value } = next;
          const at = target.put(database, type, encoding, deadline, key.length, value.length);
          if (at < 0) return true;
          target.bytes.set(key, at);
          target.bytes.set(value, at + key.length);
          left.shift();
        }
        return false;
      },
    };
  }
}

test('a view that copies its entries writes the same file as one that is iterated', async () => {
  const large = entry({ key: bytes('large'), value: new Uint8Array(300_000).fill(7) });
  const entries = [
    ...manyEntries(3_000, 200),
    large,
    entry({ key: bytes('last'), database: 65_535, type: 255, encoding: 255, deadline: 9 }),
    { ...large, key: bytes('large at the end') },
  ];
  const files = [new SampleSource(entries), new CopyingSource(entries)].map(async (source) => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const environment = { clock: { now: () => 1 }, randomBytes: (n: number) => new Uint8Array(n) };
    const { entries: count } = await writeSnapshot(path, source, environment);
    expect(count).toBe(entries.length);
    return await readFile(path);
  });
  const [iterated, copied] = await Promise.all(files);
  expect(copied?.equals(iterated as Buffer)).toBe(true);
});

describe('what is written is what is read', () => {
  test('an empty keyspace', async () => {
    const { sink, loaded } = await roundTrip([]);
    expect(sink.entries).toEqual([]);
    expect(loaded?.blocks).toBe(0);
  });

  test('every field at both ends of its range', async () => {
    const entries = [
      entry({ key: new Uint8Array(0), value: new Uint8Array(0) }),
      entry({ key: Uint8Array.from({ length: 256 }, (_, i) => i), value: bytes('\u0000\uffff') }),
      entry({ database: 65_535, type: 255, encoding: 255, deadline: Number.MAX_SAFE_INTEGER }),
      entry({ deadline: 2 ** 32 }),
      entry({ deadline: 2 ** 32 - 1 }),
      entry({ key: bytes('__proto__'), deadline: 1 }),
    ];
    const { sink, report } = await roundTrip(entries);
    expect(sink.entries).toEqual(entries);
    expect(report?.withDeadline).toBe(4);
    expect(report?.databases).toEqual(
      new Map([
        [0, 5],
        [65_535, 1],
      ]),
    );
  });

  test('many blocks', async () => {
    const entries = manyEntries(3000, 300);
    const { sink, loaded } = await roundTrip(entries);
    expect(loaded?.blocks).toBeGreaterThan(3);
    expect(sink.entries).toEqual(entries);
  });

  test('values larger than a block, between small ones', async () => {
    const large = (length: number, key: string) =>
      entry({ key: bytes(key), value: new Uint8Array(length).fill(length % 251), deadline: 9 });
    const entries = [
      large(9 * 1024 * 1024 + 5, 'first'),
      entry(),
      large(256 * 1024 - 25, 'just fits'),
      large(256 * 1024, 'just does not'),
      large(1024 * 1024, 'another'),
      entry({ key: new Uint8Array(300 * 1024).fill(7) }),
      entry({ key: bytes('last') }),
    ];
    const { sink } = await roundTrip(entries);
    expect(sink.entries.length).toBe(entries.length);
    for (const [i, restored] of sink.entries.entries()) {
      expect(Buffer.compare(restored.key, entries[i]?.key as Uint8Array)).toBe(0);
      expect(Buffer.compare(restored.value, entries[i]?.value as Uint8Array)).toBe(0);
    }
  });

  test('an iterator may hand out one entry object again and again', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const one = { ...entry(), key: new Uint8Array(1) };
    function* reuse() {
      for (let i = 0; i < 200; i += 1) {
        one.key[0] = i;
        yield one;
      }
    }
    const view = { count: 200, close: () => undefined, [Symbol.iterator]: reuse };
    await writeSnapshot(path, { freeze: () => view });
    const sink = new SampleSink();
    await readSnapshot(path, sink);
    expect(sink.entries.map(({ key }) => key[0])).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test('a file system may take and give bytes in small parts', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const wrap = async (file: ReturnType<FileSystem['openFile']>) => {
      const { read, write, ...rest } = await file;
      return {
        ...rest,
        read: (into: Uint8Array, position: number) => read(into.subarray(0, 7), position),
        write: (from: Uint8Array, position: number) => write(from.subarray(0, 7), position),
      };
    };
    const fs: FileSystem = {
      ...nodeFileSystem,
      createFile: (name) => wrap(nodeFileSystem.createFile(name)),
      openFile: (name) => wrap(nodeFileSystem.openFile(name)),
    };
    const entries = manyEntries(20);
    await writeSnapshot(path, new SampleSource(entries), { fs });
    const sink = new SampleSink();
    await readSnapshot(path, sink, { fs });
    expect(sink.entries).toEqual(entries);
  });
});

describe('the file', () => {
  test('is readable by its owner only, in directories made for it, and alone there', async () => {
    const directory = join(await temporaryDirectory(), 'a', 'b');
    const path = join(directory, 'snapshot.kv');
    await writeSnapshot(path, new SampleSource([entry()]));
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['snapshot.kv']);
  });

  test('the names of directories that were made are made durable, down to the snapshot', async () => {
    const root = await temporaryDirectory();
    const synced: string[] = [];
    const fs: FileSystem = {
      ...nodeFileSystem,
      syncDirectory: async (path) => void synced.push(path),
    };
    await writeSnapshot(join(root, 'a', 'b', 's'), new SampleSource([]), { fs });
    expect(synced).toEqual([join(root, 'a'), root, join(root, 'a', 'b')]);
  });

  test('shows the entries as they were at the call, whatever happens before the promise', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const source = new SampleSource([entry({ key: bytes('before') })]);
    const saving = writeSnapshot(path, source);
    source.entries = [entry({ key: bytes('after') })];
    await saving;
    const sink = new SampleSink();
    await readSnapshot(path, sink);
    expect(sink.entries.map(({ key }) => Buffer.from(key).toString())).toEqual(['before']);
  });

  test('two snapshots of the same entries at the same moment differ by their id', async () => {
    const directory = await temporaryDirectory();
    const clock = { now: () => 5 };
    await writeSnapshot(join(directory, 'a'), new SampleSource([entry()]), { clock });
    await writeSnapshot(join(directory, 'b'), new SampleSource([entry()]), { clock });
    const [a, b] = [await readFile(join(directory, 'a')), await readFile(join(directory, 'b'))];
    expect(a.length).toBe(b.length);
    expect(a.equals(b)).toBe(false);
  });
});

describe('while it is written', () => {
  test('the event loop turns whenever a slice is spent', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    let now = 0;
    let yields = 0;
    const options = {
      sliceMs: 4,
      monotonic: { now: () => now++ },
      yieldToEventLoop: async () => {
        yields += 1;
      },
    };
    await writeSnapshot(path, new SampleSource(manyEntries(1600)), options);
    // The clock is asked once for 16 entries and once a pause: a pause takes four to five looks.
    expect(yields).toBeGreaterThan(100 / 5);
  });

  test('progress is told in entries and bytes', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const told: number[][] = [];
    const { bytes: size } = await writeSnapshot(path, new SampleSource(manyEntries(2000, 300)), {
      onProgress: ({ entries, entriesExpected, bytes: done }) =>
        told.push([entries, entriesExpected, done]),
    });
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual([2000, 2000, size]);
    expect(told).toEqual(told.toSorted((a, b) => (a[2] as number) - (b[2] as number)));
  });

  test('it can be aborted up to the rename, and leaves the old file and nothing else', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'snapshot.kv');
    await writeSnapshot(path, new SampleSource([entry({ key: bytes('old') })]));
    let looks = 1;
    for (let succeeded = false; !succeeded; looks += 1) {
      const abort = new AbortController();
      let left = looks;
      const source = new SampleSource(manyEntries(64));
      const options = {
        signal: abort.signal,
        sliceMs: 0,
        // It stands still, so that a pause is one turn.
        monotonic: { now: () => 0 },
        yieldToEventLoop: async () => {
          left -= 1;
          if (left === 0) abort.abort(new Error('enough'));
        },
      };
      const result = await writeSnapshot(path, source, options).catch((error) => error);
      expect(source.frozen).toBe(source.closed);
      succeeded = !(result instanceof Error);
      if (succeeded) break;
      expect(result).toMatchObject({ code: 'SAVE_ABORTED', path, cause: { message: 'enough' } });
      expect(await readdir(directory)).toEqual(['snapshot.kv']);
      expect((await verifySnapshot(path))?.entries).toBe(1);
    }
    expect(looks).toBeGreaterThan(5);
  });

  test('a signal that is aborted already prevents even the freeze', async () => {
    const source = new SampleSource([]);
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const saving = writeSnapshot(path, source, { signal: AbortSignal.abort() });
    await expect(saving).rejects.toMatchObject({ code: 'SAVE_ABORTED' });
    expect(source.frozen).toBe(0);
  });
});

describe('what cannot be saved', () => {
  const tooLong = (length: number) => ({ length }) as Uint8Array;
  test.each<[string, Partial<SnapshotEntry>]>([
    ['a database beyond 65535', { database: 65_536 }],
    ['a negative database', { database: -1 }],
    ['a type beyond a byte', { type: 256 }],
    ['an encoding beyond a byte', { encoding: 256 }],
    ['a fractional deadline', { deadline: 1.5 }],
    ['a negative deadline', { deadline: -1 }],
    ['a deadline beyond 2^53-1', { deadline: 2 ** 53 }],
    ['a deadline that is no number', { deadline: Number.NaN }],
    ['a key beyond its limit', { key: tooLong(KEY_BYTES_MAX + 1) }],
    ['a value beyond its limit', { value: tooLong(VALUE_BYTES_MAX + 1) }],
  ])('%s is refused, and nothing is left behind', async (_, given) => {
    const directory = await temporaryDirectory();
    const source = new SampleSource([entry(), entry(given)]);
    const path = join(directory, 's');
    await expect(writeSnapshot(path, source)).rejects.toMatchObject({
      code: 'ENTRY_OUT_OF_RANGE',
      path,
    });
    expect(source.closed).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a source that throws in freeze or on the way fails the save with its error as cause', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const cause = new Error('the source is broken');
    const freeze = () => {
      throw cause;
    };
    await expect(writeSnapshot(path, { freeze })).rejects.toMatchObject({
      code: 'SNAPSHOT_WRITE_FAILED',
      cause,
      path,
    });
    let closed = 0;
    const view = { count: 1, close: () => (closed += 1), [Symbol.iterator]: freeze };
    await expect(writeSnapshot(path, { freeze: () => view })).rejects.toMatchObject({
      code: 'SNAPSHOT_WRITE_FAILED',
      cause,
    });
    expect(closed).toBe(1);
  });

  test('a path that is a directory is an error with the file system’s error as cause', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    await mkdir(path);
    const saving = writeSnapshot(path, new SampleSource([entry()]));
    await expect(saving).rejects.toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED', path });
  });
});
