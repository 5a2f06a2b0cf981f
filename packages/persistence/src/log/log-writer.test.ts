import { describe, expect, test } from 'vitest';
import { FaultyFileSystem } from '../../test/faulty-file-system.ts';
import { ManualTime } from '../../test/manual-time.ts';
import { foundOn, openLog, settled } from '../../test/open-log.ts';
import { SimulatedDisk } from '../../test/simulated-disk.ts';
import type { FileSystem } from '../file-system.ts';
import type { LogLoadResult } from './read-log.ts';

/** A log on a disk that notes every call, after its beginning. */
async function logged(given: Parameters<typeof openLog>[0] = {}) {
  const disk = new SimulatedDisk();
  const fs = new FaultyFileSystem(disk);
  const opened = await openLog({ ...given, fs });
  fs.calls.length = 0;
  opened.events.length = 0;
  return { ...opened, fs, disk, calls: fs.calls };
}

describe('with always', () => {
  test('what one turn changes is written by one write and one fsync, and then released', async () => {
    const { log, store, calls } = await logged({ fsync: 'always' });
    const released: boolean[] = [];
    for (let i = 0; i < 10; i += 1) {
      store.set(`key:${i}`, 'value');
      log.whenReleased((safe) => released.push(safe));
    }
    expect(log.holds).toBe(true);
    expect(released).toEqual([]);
    await log.durable();
    expect(calls).toEqual(['write', 'syncData']);
    expect(released).toEqual(new Array(10).fill(true));
    expect(log.holds).toBe(false);
  });

  test('nothing is released before the fsync that covers it', async () => {
    const { log, store, calls } = await logged({ fsync: 'always' });
    for (let i = 0; i < 50; i += 1) {
      store.set(`key:${i}`, 'value');
      const before = calls.length;
      log.whenReleased(() => {
        const since = calls.slice(before);
        expect(since.lastIndexOf('syncData')).toBeGreaterThan(since.indexOf('write'));
      });
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await log.durable();
    // Reads have nothing to wait for then.
    let read = false;
    log.whenReleased(() => {
      read = true;
    });
    expect(read).toBe(true);
  });
});

/** A log on a disk that notes its calls, and whose fsyncs and writes take so long. */
async function timed(syncMs: number, slow = { writeMs: 0, syncing: Promise.resolve() }) {
  const disk = new SimulatedDisk();
  const time = new ManualTime();
  const calls: string[] = [];
  const open = async (path: string) => {
    const file = await disk.openFile(path);
    const noted =
      <A extends unknown[], R>(name: string, call: (...of: A) => R) =>
      (...of: A): R => {
        calls.push(name);
        time.advance(name.startsWith('syncData') ? syncMs : slow.writeMs);
        return call(...of);
      };
    return {
      ...file,
      write: noted('write', file.write),
      syncData: noted('syncData', () => slow.syncing.then(file.syncData)),
      writeNow: noted('writeNow', file.writeNow),
      syncDataNow: noted('syncDataNow', file.syncDataNow),
    };
  };
  await (await openLog({ fs: disk })).log.close();
  const fs: FileSystem = Object.assign(Object.create(disk), { reopenFile: open });
  const { log, store } = await openLog({ fs, fsync: 'always', ...time });
  const change = async (value: string) => {
    calls.length = 0;
    store.set('a', value);
    await log.durable();
    return [...calls];
  };
  return { log, store, time, calls, change };
}

const twoTurns = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('with always the event loop', () => {
  test('waits for a disk that was quick the last time, and with another policy for no fsync', async () => {
    const { log, change } = await timed(1);
    expect(await change('1')).toEqual(['write', 'syncData']);
    // The first of them makes room.
    expect(await change('2')).toEqual(['writeNow', 'writeNow', 'syncDataNow']);
    expect(await change('3')).toEqual(['writeNow', 'syncDataNow']);
    expect(await change('large'.repeat(100_000))).toEqual(['write', 'syncDataNow']);
    log.fsync = 'everysec';
    expect(await change('4')).toEqual(['writeNow', 'syncData']);
  });

  test('does not wait for one that was slow', async () => {
    const { change } = await timed(5);
    for (let i = 0; i < 4; i += 1) {
      const calls = await change(`${i}`);
      expect(calls.filter((call) => call.endsWith('Now'))).toEqual([]);
    }
  });
});

describe('with everysec the event loop', () => {
  test('makes small writes itself, for a second after a slow one lets others wait for them', async () => {
    const disk = { writeMs: 0, syncing: Promise.resolve() };
    const { log, time, change } = await timed(1, disk);
    log.fsync = 'everysec';
    await change('first');
    expect(await change('1')).toEqual(['writeNow', 'syncData']);
    expect(await change('large'.repeat(100_000))).toEqual(['write', 'syncData']);
    disk.writeMs = 3;
    expect(await change('2')).toEqual(['writeNow', 'syncData']);
    disk.writeMs = 0;
    expect(await change('3')).toEqual(['write', 'syncData']);
    time.advance(1000);
    expect(await change('4')).toEqual(['writeNow', 'syncData']);
  });

  test('makes none while an fsync runs, which may hold them up', async () => {
    const disk = { writeMs: 0, syncing: Promise.resolve() };
    const { log, store, time, calls, change } = await timed(1, disk);
    log.fsync = 'everysec';
    await change('first');
    let release = () => {};
    disk.syncing = new Promise((resolve) => {
      release = resolve;
    });
    calls.length = 0;
    store.set('a', '1');
    await twoTurns();
    time.advance(1000);
    store.set('a', '2');
    await twoTurns();
    expect(calls).toEqual(['writeNow', 'syncData', 'write']);
    release();
    await log.durable();
  });
});

describe('room behind the last record', () => {
  const SEGMENT = '/data/log/segment-1.kvlog';

  test('is made with always, is no torn tail after a crash, and goes when the log is closed', async () => {
    const { log, store, disk } = await logged({ fsync: 'always' });
    for (const value of ['1', '2', '3']) {
      store.set('a', value);
      await log.durable();
    }
    const crashed = await foundOn(disk);
    expect(crashed.store.dump).toBe(store.dump);
    expect(crashed.loaded?.tail).toMatchObject({ tornBytes: 0 });
    expect(crashed.loaded?.tail.roomBytes).toBeGreaterThan(1000);
    expect(disk.content(SEGMENT)?.length).toBeGreaterThan(log.bytes);
    // A start after the crash goes on behind the last record.
    const again = await openLog({ fs: disk, fsync: 'always' });
    again.store.set('b', '4');
    await again.log.durable();
    expect(again.events).toEqual([]);
    expect((await foundOn(disk)).store.dump).toBe(again.store.dump);
    await again.log.close();
    expect((await foundOn(disk)).loaded?.tail).toMatchObject({ tornBytes: 0, roomBytes: 0 });
  });

  test('that something else was written into is a torn tail, all of it', async () => {
    const { log, store, disk } = await logged({ fsync: 'always' });
    for (const value of ['1', '2', '3']) {
      store.set('a', value);
      await log.durable();
    }
    const content = disk.content(SEGMENT) as Uint8Array;
    disk.overwrite(SEGMENT, content.with(content.length - 1, 0));
    const { tail } = (await foundOn(disk)).loaded as LogLoadResult;
    expect(tail).toMatchObject({ tornBytes: content.length - tail.offset, roomBytes: 0 });
  });

  test('is done without where there is none, and promises hold', async () => {
    const { log, store, fs, disk, events } = await logged({ fsync: 'always' });
    store.set('a', '1');
    await log.durable();
    fs.failAfter(1, 'ENOSPC');
    store.set('a', '2');
    await log.durable();
    expect(fs.failed).toBe(true);
    expect(events).toEqual([]);
    expect((await foundOn(disk)).store.dump).toBe(store.dump);
  });

  test('is none with everysec', async () => {
    const { log, store, disk } = await logged({ fsync: 'everysec' });
    for (const value of ['1', '2', '3']) {
      store.set('a', value);
      await log.durable();
    }
    expect((await foundOn(disk)).loaded?.tail).toMatchObject({ tornBytes: 0, roomBytes: 0 });
  });
});

describe('with everysec', () => {
  test('nobody waits, and the fsync comes within a second of the last one', async () => {
    const { log, store, calls, time } = await logged({ fsync: 'everysec' });
    store.set('a', '1');
    expect(log.holds).toBe(false);
    await settled();
    time.advance(0);
    await settled();
    expect(calls).toEqual(['write', 'syncData']);
    store.set('a', '2');
    await settled();
    time.advance(999);
    await settled();
    expect(calls).toEqual(['write', 'syncData', 'write']);
    time.advance(1);
    await settled();
    expect(calls).toEqual(['write', 'syncData', 'write', 'syncData']);
    time.advance(10_000);
    await settled();
    expect(calls).toHaveLength(4);
  });

  test('whoever asks gets an fsync at once', async () => {
    const { log, store, calls } = await logged({ fsync: 'everysec' });
    store.set('a', '1');
    await log.durable();
    expect(calls).toEqual(['write', 'syncData']);
    await log.durable();
    expect(calls).toHaveLength(2);
  });

  test('replies are held while an fsync takes longer than two seconds', async () => {
    const disk = new SimulatedDisk();
    let letGo = () => {};
    const opened = await openLog({ fs: disk, fsync: 'everysec' });
    const { log, store, time } = opened;
    await log.close();
    const slow = disk.mount(async () => undefined);
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const again = await openLog({
      fs: {
        ...slow,
        reopenFile: async (path) => {
          const file = await slow.reopenFile(path);
          return { ...file, syncData: () => gate.then(() => file.syncData()) };
        },
      },
      fsync: 'everysec',
      monotonic: time.monotonic,
      timers: time.timers,
    });
    void store;
    again.store.set('a', '1');
    await settled();
    time.advance(0);
    await settled();
    expect(again.log.holds).toBe(false);
    time.advance(2_001);
    expect(again.log.holds).toBe(true);
    const released: boolean[] = [];
    again.log.whenReleased((safe) => released.push(safe));
    await settled();
    expect(released).toEqual([]);
    letGo();
    await settled();
    expect(released).toEqual([true]);
    expect(again.log.holds).toBe(false);
  });
});

describe('a write that fails', () => {
  test('leaves no half record, ends the promise, and is made good when there is room', async () => {
    const { log, store, fs, disk, kinds, time } = await logged({ fsync: 'always' });
    store.set('a', '1');
    await log.durable();
    const before = disk.content('/data/log/segment-1.kvlog')?.length;
    // The first call makes room.
    fs.failAfter(2, 'ENOSPC');
    store.set('b', '2');
    await expect(log.durable()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    await settled();
    expect(log.failure).toMatchObject({ code: 'LOG_WRITE_FAILED', cause: { code: 'ENOSPC' } });
    expect(disk.content('/data/log/segment-1.kvlog')?.length).toBe(before);
    // Nobody is kept waiting for a disk that does not answer.
    expect(log.holds).toBe(false);
    store.set('c', '3');
    time.advance(1_000);
    await settled();
    expect(log.failure).toBeUndefined();
    expect(kinds()).toEqual(['write-failed', 'write-recovered']);
    await log.durable();
    expect((await foundOn(disk)).store.dump).toBe(store.dump);
  });

  test('and a rewrite that finds the disk as full are made good by another, when there is room', async () => {
    const { log, store, fs, disk, kinds, time } = await logged({ fsync: 'always' });
    fs.failAfter(1, 'ENOSPC');
    store.set('a', '1');
    await settled();
    store.refusesFreezing = true;
    await expect(log.rewrite()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    time.advance(60_000);
    await settled();
    expect(log.failure).toBeDefined();
    store.refusesFreezing = false;
    time.advance(120_000);
    await settled();
    expect(log.failure).toBeUndefined();
    expect(kinds().slice(-2)).toEqual(['rewrite-started', 'rewrite-finished']);
    store.set('b', '2');
    await log.durable();
    expect((await foundOn(disk)).store.dump).toBe(store.dump);
    await log.close();
    expect(time.waiting).toBe(0);
  });

  test('again and again is told once', async () => {
    const { store, fs, kinds, time } = await logged({ fsync: 'everysec' });
    for (let i = 0; i < 5; i += 1) {
      fs.failAfter(1, 'ENOSPC');
      store.set('a', `${i}`);
      time.advance(1_000);
      await settled();
    }
    expect(kinds()).toEqual(['write-failed']);
  });

  test('at the end makes closing fail', async () => {
    const { log, store, fs } = await logged({ fsync: 'no' });
    store.set('a', '1');
    fs.failAfter(1, 'ENOSPC');
    await settled();
    fs.failAfter(2, 'ENOSPC');
    await expect(log.close()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
  });
});

describe('an fsync that fails', () => {
  test('is final: nothing more is promised, nor written to the segment, until a rewrite', async () => {
    const { log, store, fs, disk, kinds, calls, time } = await logged({ fsync: 'always' });
    fs.failAfter(2, 'EIO');
    store.set('a', '1');
    await expect(log.durable()).rejects.toMatchObject({ cause: { code: 'EIO' } });
    const made = calls.length;
    store.set('b', '2');
    time.advance(60_000);
    await settled();
    expect(calls.length).toBe(made);
    await expect(log.durable()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    expect(kinds()).toEqual(['sync-failed']);
    await log.rewrite();
    expect(log.failure).toBeUndefined();
    store.set('c', '3');
    await log.durable();
    await log.close();
    expect((await foundOn(disk)).store.dump).toBe(store.dump);
  });

  test('is not made good by a segment whose base could not be written: nothing is on disk by it', async () => {
    const { log, store, fs, disk } = await logged({ fsync: 'everysec' });
    store.set('a', '1');
    await settled();
    fs.failAfter(1, 'EIO');
    await expect(log.durable()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    store.refusesFreezing = true;
    await expect(log.rewrite()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    await expect(log.durable()).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
    store.refusesFreezing = false;
    await log.rewrite();
    await log.durable();
    expect((await foundOn(disk)).store.dump).toBe(store.dump);
  });
});
