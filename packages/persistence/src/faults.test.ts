/**
 * The file system fails at its n-th call, for every n; and the process dies at its n-th call, for
 * every n. Always the old snapshot or the new one is there, whole.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultyFileSystem } from '../test/faulty-file-system.ts';
import { bytes, entry, manyEntries, SampleSink, SampleSource } from '../test/sample-entries.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import type { FileSystem } from './file-system.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { readSnapshot } from './read-snapshot.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { writeSnapshot } from './write-snapshot.ts';

const old = [entry({ key: bytes('old') })];
/** Several blocks, and one record with a block of its own. */
const fresh = [
  ...manyEntries(1500, 300),
  entry({ key: bytes('large'), value: new Uint8Array(5 * 1024 * 1024) }),
];

async function restored(path: string): Promise<'old' | 'new' | 'none'> {
  const sink = new SampleSink();
  if ((await readSnapshot(path, sink, { now: 0 })) === undefined) return 'none';
  const same = (entries: typeof old) =>
    entries.length === sink.entries.length &&
    entries.every(({ key, value }, i) => {
      const loaded = sink.entries[i];
      return (
        loaded !== undefined &&
        Buffer.compare(loaded.key, key) === 0 &&
        Buffer.compare(loaded.value, value) === 0
      );
    });
  if (same(old)) return 'old';
  expect(same(fresh)).toBe(true);
  return 'new';
}

/** The calls of one save without a fault. */
async function callsOfASave(directory: string): Promise<readonly string[]> {
  const fs = new FaultyFileSystem(nodeFileSystem);
  await writeSnapshot(join(directory, 'trace'), new SampleSource(fresh), { fs });
  await nodeFileSystem.removeFile(join(directory, 'trace'));
  return fs.calls;
}

test('a save makes its calls in the order that makes it atomic and durable', async () => {
  const calls = await callsOfASave(await temporaryDirectory());
  expect(calls.filter((call, i) => call !== 'write' || calls[i - 1] !== 'write')).toEqual([
    'makeDirectory',
    'createFile',
    'write',
    'sync',
    'close',
    'rename',
    'syncDirectory',
  ]);
});

describe.each(['EIO', 'ENOSPC'])('%s at any one call of a save', (code) => {
  test('is a typed error; the old snapshot stays, and no stray file does', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'snapshot.kv');
    const calls = await callsOfASave(directory);
    for (let at = 1; at <= calls.length; at += 1) {
      await writeSnapshot(path, new SampleSource(old));
      const fs = new FaultyFileSystem(nodeFileSystem, { at, code, lasts: 'once' });
      const source = new SampleSource(fresh);
      await expect(writeSnapshot(path, source, { fs })).rejects.toMatchObject({
        code: 'SNAPSHOT_WRITE_FAILED',
        path,
        cause: { code },
      });
      expect(source).toMatchObject({ frozen: 1, closed: 1 });
      expect(await readdir(directory), `call ${at}`).toEqual(['snapshot.kv']);
      // Only the fsync of the directory comes after the new file is in place.
      expect(await restored(path)).toBe(calls[at - 1] === 'syncDirectory' ? 'new' : 'old');
    }
    const fs = new FaultyFileSystem(nodeFileSystem, { at: calls.length + 1, code, lasts: 'once' });
    await writeSnapshot(path, new SampleSource(fresh), { fs });
    expect(fs.failed).toBe(false);
  });

  test('is a typed error in a load, too', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    await writeSnapshot(path, new SampleSource(fresh));
    let failures = 0;
    for (let at = 1; ; at += 1) {
      const fs = new FaultyFileSystem(nodeFileSystem, { at, code, lasts: 'once' });
      const result = await readSnapshot(path, new SampleSink(), { fs }).catch((error) => error);
      if (!fs.failed) break;
      // A file that was read and checked is no worse because it could not be closed.
      if (fs.calls[at - 1] === 'close') continue;
      expect(result).toMatchObject({ code: 'SNAPSHOT_READ_FAILED', cause: { code } });
      failures += 1;
    }
    expect(failures).toBeGreaterThan(5);
  });
});

describe('a process that dies at any call', () => {
  test('of a save leaves the old snapshot or the new one, and the next start tidies up', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'snapshot.kv');
    const calls = await callsOfASave(directory);
    const outcomes = new Set<string>();
    let strays = 0;
    for (let at = 1; at <= calls.length + 1; at += 1) {
      await writeSnapshot(path, new SampleSource(old));
      const fs = new FaultyFileSystem(nodeFileSystem, { at, code: 'EIO', lasts: 'forever' });
      await writeSnapshot(path, new SampleSource(fresh), { fs }).catch(() => undefined);
      await fs.releaseHandles();
      const keeper = await SnapshotKeeper.open({
        directory,
        fileName: 'snapshot.kv',
        source: new SampleSource([]),
        onEvent: (event) => {
          if (event.kind === 'stray-removed') strays += 1;
        },
      });
      await keeper.close();
      const outcome = await restored(path);
      expect(outcome).toBe(at >= calls.length ? 'new' : 'old');
      expect(await readdir(directory)).toEqual(['snapshot.kv']);
      outcomes.add(outcome);
    }
    expect(outcomes).toEqual(new Set(['old', 'new']));
    expect(strays).toBeGreaterThan(5);
  });

  test('of the very first save leaves no snapshot or a whole one', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'snapshot.kv');
    for (let at = 1; ; at += 1) {
      const fs = new FaultyFileSystem(nodeFileSystem, { at, code: 'EIO', lasts: 'forever' });
      await writeSnapshot(path, new SampleSource(fresh), { fs }).catch(() => undefined);
      await fs.releaseHandles();
      const outcome = await restored(path);
      expect(outcome).not.toBe('old');
      if (outcome === 'new') break;
    }
  });
});

test('an fsync that fails is not tried again on the same file: the next save writes a new one', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'snapshot.kv');
  const calls = await callsOfASave(directory);
  const at = calls.indexOf('sync') + 1;
  const fs = new FaultyFileSystem(nodeFileSystem, { at, code: 'EIO', lasts: 'once' });
  await writeSnapshot(path, new SampleSource(fresh), { fs }).catch(() => undefined);
  expect(fs.calls.slice(at)).toEqual(['close', 'removeFile']);
  await writeSnapshot(path, new SampleSource(fresh), { fs });
  expect(fs.calls.slice(at + 2, at + 4)).toEqual(['makeDirectory', 'createFile']);
});

describe('a directory that cannot be fsynced', () => {
  const failing = (code: string, directorySyncOptional: boolean): FileSystem => ({
    ...nodeFileSystem,
    directorySyncOptional,
    syncDirectory: () => Promise.reject(Object.assign(new Error(code), { code })),
  });

  test.each(['EPERM', 'EISDIR'])(
    'with %s fails the save loudly, except on Windows',
    async (code) => {
      const path = join(await temporaryDirectory(), 'snapshot.kv');
      const saving = writeSnapshot(path, new SampleSource(old), { fs: failing(code, false) });
      await expect(saving).rejects.toMatchObject({
        code: 'SNAPSHOT_WRITE_FAILED',
        cause: { code },
      });
      await writeSnapshot(path, new SampleSource(old), { fs: failing(code, true) });
      expect(await restored(path)).toBe('old');
    },
  );

  test('with EIO fails the save on Windows, too', async () => {
    const path = join(await temporaryDirectory(), 'snapshot.kv');
    const saving = writeSnapshot(path, new SampleSource(old), { fs: failing('EIO', true) });
    await expect(saving).rejects.toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED' });
  });
});

test('the fsync of a directory is optional on Windows and nowhere else', () => {
  expect(nodeFileSystem.directorySyncOptional).toBe(process.platform === 'win32');
});
