import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultyFileSystem } from '../test/faulty-file-system.ts';
import { gatedRename, keysIn, openKeeper } from '../test/open-keeper.ts';
import { bytes, entry, manyEntries, SampleSink } from '../test/sample-entries.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { nodeFileSystem } from './node-file-system.ts';

describe('opening', () => {
  test('makes the directory, and there is nothing to load at first', async () => {
    const directory = join(await temporaryDirectory(), 'a', 'b');
    const { keeper } = await openKeeper({ directory });
    expect(await keeper.load(new SampleSink())).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  test('removes stray temporary files of its own naming, and no others', async () => {
    const directory = await temporaryDirectory();
    const others = ['other.kv.tmp-0123456789abcdef', 'snapshot.kv.tmp-0', 'snapshot.kv.tmp', 'x'];
    for (const name of [...others, 'snapshot.kv.tmp-0123456789abcdef']) {
      await writeFile(join(directory, name), '');
    }
    const { events } = await openKeeper({ directory });
    expect((await readdir(directory)).sort()).toEqual(others.sort());
    expect(events).toEqual([
      { kind: 'stray-removed', fileName: 'snapshot.kv.tmp-0123456789abcdef' },
    ]);
  });

  test.each(['', '.', '..', 'a/b', '../x', 'a\\b', 'a\0b'])(
    'refuses "%s" as a file name',
    async (fileName) => {
      await expect(openKeeper({ fileName })).rejects.toMatchObject({ code: 'FILE_NAME_INVALID' });
    },
  );

  test('fails at once where no file can be made', async () => {
    const directory = join(await temporaryDirectory(), 'file');
    await writeFile(directory, '');
    await expect(openKeeper({ directory })).rejects.toMatchObject({
      code: 'SNAPSHOT_WRITE_FAILED',
      path: directory,
    });
  });

  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'fails at once in a directory that may not be written',
    async () => {
      const directory = join(await temporaryDirectory(), 'read-only');
      await mkdir(directory);
      await chmod(directory, 0o500);
      await expect(openKeeper({ directory })).rejects.toMatchObject({ cause: { code: 'EACCES' } });
    },
  );
});

describe('a save that is asked for', () => {
  test('moves lastSaveAt when it ends, and only then', async () => {
    const { fs, atRename, letGo } = gatedRename();
    const { keeper, time } = await openKeeper({ fs });
    expect(keeper.lastSaveAt).toBe(1_700_000_000);
    expect(keeper.lastDurationMs).toBeUndefined();
    time.advance(10_000);
    const saving = keeper.save();
    expect(keeper.saving).toBe(true);
    await atRename;
    time.advance(7_900);
    expect(keeper.lastSaveAt).toBe(1_700_000_000);
    expect(keeper.progress).toMatchObject({ entries: 100, entriesExpected: 100, elapsedMs: 7_900 });
    letGo();
    const result = await saving;
    expect(result).toMatchObject({ entries: 100, durationMs: 7_900 });
    expect(keeper.lastSaveAt).toBe(1_700_000_017);
    expect(keeper.lastDurationMs).toBe(7_900);
    expect(keeper.saving).toBe(false);
    expect(keeper.progress).toBeUndefined();
    expect(await keysIn(keeper)).toBe(100);
  });

  test('keeps the changes counted that are made while it runs', async () => {
    const { keeper } = await openKeeper();
    keeper.changed(5);
    const saving = keeper.save();
    keeper.changed();
    keeper.changed(2);
    expect(keeper.dirty).toBe(8);
    await saving;
    expect(keeper.dirty).toBe(3);
  });

  test('is refused while another one runs', async () => {
    const { keeper } = await openKeeper();
    const saving = keeper.save();
    await expect(keeper.save()).rejects.toMatchObject({ code: 'SAVE_IN_PROGRESS' });
    await saving;
    await keeper.save();
  });

  test('that fails is told, changes nothing it should not, and is forgotten by a good one', async () => {
    const fs = new FaultyFileSystem(nodeFileSystem);
    const { keeper, time, events } = await openKeeper({ fs });
    fs.failAfter(3, 'ENOSPC');
    keeper.changed(4);
    time.advance(1000);
    const error = await keeper.save().catch((reason) => reason);
    expect(error).toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED', cause: { code: 'ENOSPC' } });
    expect(keeper).toMatchObject({ lastSaveOk: false, lastError: error, dirty: 4, saving: false });
    expect(keeper.lastSaveAt).toBe(1_700_000_000);
    expect(events.at(-1)).toMatchObject({ kind: 'save-failed', reason: 'asked', error });
    await keeper.save();
    expect(keeper).toMatchObject({ lastSaveOk: true, lastError: undefined, dirty: 0 });
  });

  test('is not spoilt by a listener that throws: that surfaces as an uncaught error', async () => {
    const uncaught = new Promise((resolve) => {
      const previous = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of previous) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    const cause = new Error('a mistake in the program');
    const { keeper } = await openKeeper({
      onEvent: (event) => {
        if (event.kind === 'save-finished') throw cause;
      },
    });
    await keeper.save();
    expect(await uncaught).toBe(cause);
    expect(keeper.lastSaveOk).toBe(true);
  });
});

describe('a flush during a save', () => {
  test('aborts it, and does not bring back what was flushed', async () => {
    const { keeper, source, kinds } = await openKeeper();
    const saving = keeper.save();
    source.entries = [];
    keeper.invalidate();
    await expect(saving).rejects.toMatchObject({ code: 'SAVE_ABORTED' });
    expect(keeper).toMatchObject({ saving: false, lastSaveOk: true, dirty: 1 });
    expect(kinds()).toEqual(['save-started', 'save-aborted']);
    expect(await keysIn(keeper)).toBeUndefined();
  });

  test('is followed at once by another save if there are save points', async () => {
    const { keeper, source, time, told } = await openKeeper({ save: '3600 1' });
    const saving = keeper.save();
    source.entries = [entry({ key: bytes('after the flush') })];
    keeper.invalidate();
    await expect(saving).rejects.toMatchObject({ code: 'SAVE_ABORTED' });
    time.advance(0);
    await told('save-finished');
    expect(await keysIn(keeper)).toBe(1);
    expect(keeper.dirty).toBe(0);
  });

  test('lets a save be asked for at once, which waits for the aborted one', async () => {
    const { keeper, source, kinds, time } = await openKeeper({ save: '3600 1' });
    const aborted = keeper.save();
    source.entries = [];
    keeper.invalidate();
    const saving = keeper.save();
    await expect(keeper.save()).rejects.toMatchObject({ code: 'SAVE_IN_PROGRESS' });
    await expect(aborted).rejects.toMatchObject({ code: 'SAVE_ABORTED' });
    expect(await saving).toMatchObject({ entries: 0 });
    expect(kinds()).toEqual(['save-started', 'save-aborted', 'save-started', 'save-finished']);
    expect(time.waiting).toBe(0);
    expect(await keysIn(keeper)).toBe(0);
  });

  test('that comes too late to abort it is saved right after it', async () => {
    const { fs, atRename, letGo } = gatedRename();
    const { keeper, source, time, told } = await openKeeper({ fs, save: '3600 1' });
    const saving = keeper.save();
    await atRename;
    source.entries = [];
    keeper.invalidate();
    letGo();
    expect(await saving).toMatchObject({ entries: 100 });
    expect(keeper.dirty).toBe(1);
    time.advance(0);
    await told('save-finished', 2);
    expect(await keysIn(keeper)).toBe(0);
    expect(keeper.dirty).toBe(0);
  });

  test('without a running save is a change like any other', async () => {
    const { keeper, time, kinds, told } = await openKeeper({ save: '60 1' });
    keeper.invalidate();
    time.advance(59_999);
    expect(kinds()).toEqual([]);
    time.advance(1);
    await told('save-finished');
  });
});

describe('closing', () => {
  test('waits for a running save, and starts no other', async () => {
    const { keeper, time, kinds } = await openKeeper({ save: '1 1' });
    const saving = keeper.save();
    keeper.changed();
    await keeper.close();
    expect(await saving).toMatchObject({ entries: 100 });
    keeper.changed();
    time.advance(1_000_000);
    expect(time.waiting).toBe(0);
    expect(kinds()).toEqual(['save-started', 'save-finished']);
    await expect(keeper.save()).rejects.toMatchObject({ code: 'SNAPSHOTS_CLOSED' });
    expect(() => {
      keeper.savePoints = [];
    }).toThrow(expect.objectContaining({ code: 'SNAPSHOTS_CLOSED' }));
    await keeper.close();
  });

  test('aborts a running save if told so', async () => {
    const { keeper } = await openKeeper();
    const saving = keeper.save();
    await Promise.all([
      expect(saving).rejects.toMatchObject({ code: 'SAVE_ABORTED' }),
      keeper.close({ running: 'abort' }),
    ]);
    expect(await keysIn(keeper)).toBeUndefined();
  });

  test('saves what there is now if told so, in place of what a running save has', async () => {
    const { keeper, source, events } = await openKeeper();
    const saving = keeper.save();
    source.entries = manyEntries(7);
    await Promise.all([
      expect(saving).rejects.toMatchObject({ code: 'SAVE_ABORTED' }),
      keeper.close({ running: 'save' }),
      keeper.close({ running: 'abort' }),
    ]);
    expect(events.at(-1)).toMatchObject({ kind: 'save-finished', reason: 'closing' });
    expect(await keysIn(keeper)).toBe(7);
  });

  test('stays open when its last save fails, so that it can be tried again', async () => {
    const { keeper, source } = await openKeeper();
    source.entries = [entry({ type: -1 })];
    const closing = keeper.close({ running: 'save' });
    await expect(closing).rejects.toMatchObject({ code: 'ENTRY_OUT_OF_RANGE' });
    source.entries = [entry()];
    await keeper.close({ running: 'save' });
    expect(await keysIn(keeper)).toBe(1);
  });

  test('happens at the end of an `await using` block', async () => {
    const { keeper } = await openKeeper();
    {
      await using _scoped = keeper;
    }
    await expect(keeper.save()).rejects.toMatchObject({ code: 'SNAPSHOTS_CLOSED' });
  });
});
