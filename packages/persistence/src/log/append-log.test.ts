import { describe, expect, test } from 'vitest';
import { LoggedStore } from '../../test/logged-store.ts';
import { foundOn, LOG_DIRECTORY, openLog, settled } from '../../test/open-log.ts';
import { SimulatedDisk } from '../../test/simulated-disk.ts';
import type { FileSystem } from '../file-system.ts';

const files = (disk: SimulatedDisk) =>
  disk.paths().map((path) => path.slice(LOG_DIRECTORY.length + 1));

describe('a log', () => {
  test('brings every kind of effect back, in order', async () => {
    const fs = new SimulatedDisk();
    const { log, store } = await openLog({ fs });
    store.set('a', '1');
    store.set('b', '2', 2_000_000_000_000);
    store.set('a', 'one', undefined, 3);
    store.expire('a', 1_900_000_000_000);
    store.expire('b', undefined);
    store.set('gone', 'x');
    store.remove('gone');
    store.set('flushed', 'x', undefined, 5);
    store.flush(5);
    store.set('after', 'flush', undefined, 5);
    store.swap(3, 5);
    await log.close();
    const again = await openLog({ fs });
    expect(again.store.dump).toBe(store.dump);
    expect(again.loaded).toMatchObject({ entries: 0, effects: 11, tail: { tornBytes: 0 } });
    expect(again.kinds()).toEqual([]);
  });

  test('goes on where it ended, over several starts', async () => {
    const fs = new SimulatedDisk();
    for (let start = 0; start < 4; start += 1) {
      const { log, store } = await openLog({ fs });
      expect(store.size).toBe(start);
      store.set(`key:${start}`, 'value');
      await log.close();
    }
  });

  test('begins with a base of what the store holds', async () => {
    const fs = new SimulatedDisk();
    const store = new LoggedStore();
    store.set('a', '1');
    const { log } = await openLog({ fs, store });
    store.set('b', '2');
    await log.close();
    expect((await foundOn(fs)).loaded).toMatchObject({ entries: 1, effects: 1 });
    expect((await foundOn(fs)).store.dump).toBe(store.dump);
  });

  test('is gone when it was ended, files and all', async () => {
    const fs = new SimulatedDisk();
    const { log, store } = await openLog({ fs });
    store.set('a', '1');
    let isThere = true;
    await log.end(() => {
      isThere = log.enabled;
    });
    expect(isThere).toBe(true);
    expect(files(fs)).toEqual(['manifest']);
    expect(log.enabled).toBe(false);
    expect((await foundOn(fs)).loaded).toBeUndefined();
  });

  test.each<readonly [step: 'rename' | 'syncDirectory', goesOn: boolean]>([
    ['rename', true],
    ['syncDirectory', false],
  ])(
    'goes on when it cannot be ended, as long as it is on disk: %s fails',
    async (step, goesOn) => {
      const disk = new SimulatedDisk();
      let fails = false;
      const fs: FileSystem = {
        ...disk.mount(async () => undefined),
        [step]: async (...names: [string, string]) => {
          if (fails) throw Object.assign(new Error('no'), { code: 'EIO' });
          await disk[step](...names);
        },
      };
      const { log, store } = await openLog({ fs });
      store.set('a', '1');
      fails = true;
      let ended = false;
      const ending = log.end(() => {
        ended = true;
      });
      await expect(ending).rejects.toMatchObject({ code: 'LOG_WRITE_FAILED' });
      expect([ended, log.enabled]).toEqual([!goesOn, goesOn]);
      fails = false;
      if (!goesOn) return;
      store.set('b', '2');
      await log.durable();
      expect((await foundOn(disk)).store.dump).toBe(store.dump);
      await log.rewrite();
    },
  );

  test('does not depend on the time while it is replayed', async () => {
    const fs = new SimulatedDisk();
    const { log, store } = await openLog({ fs });
    store.set('a', '1', 5);
    store.set('base', '1', 5);
    await log.rewrite();
    store.expire('base', undefined);
    store.expire('a', 9);
    await log.close();
    expect((await foundOn(fs)).store.dump).toBe('0:a=1@9\n0:base=1@undefined');
  });
});

describe('a rewrite', () => {
  test('leaves one base and one segment, and everything in them', async () => {
    const fs = new SimulatedDisk();
    const { log, store, kinds } = await openLog({ fs });
    for (let i = 0; i < 50; i += 1) store.set(`key:${i % 10}`, `value ${i}`);
    const rewriting = log.rewrite();
    store.set('during', 'the rewrite');
    await rewriting;
    store.set('after', 'the rewrite');
    expect(files(fs)).toEqual(['base-2.kv', 'manifest', 'segment-2.kvlog']);
    expect(kinds().slice(-2)).toEqual(['rewrite-started', 'rewrite-finished']);
    await log.close();
    const found = await foundOn(fs);
    expect(found.store.dump).toBe(store.dump);
    // What was set during it came before the view was frozen, or behind it into the new segment.
    expect((found.loaded?.entries ?? 0) + (found.loaded?.effects ?? 0)).toBe(12);
  });

  test('is refused while another runs', async () => {
    const { log } = await openLog();
    const rewriting = log.rewrite();
    await expect(log.rewrite()).rejects.toMatchObject({ code: 'LOG_REWRITE_RUNNING' });
    await rewriting;
  });

  test('that is given up leaves the log as it was, and what changed meanwhile in it', async () => {
    const fs = new SimulatedDisk();
    const { log, store, kinds } = await openLog({
      fs,
      sliceMs: 0,
    });
    for (let i = 0; i < 500; i += 1) store.set(`key:${i}`, 'value');
    const rewriting = log.rewrite();
    rewriting.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    store.set('during', 'x');
    await log.abortRewrite();
    await expect(rewriting).rejects.toMatchObject({ code: 'LOG_REWRITE_ABORTED' });
    expect(kinds().at(-1)).toBe('rewrite-aborted');
    store.set('later', 'y');
    await log.rewrite();
    await log.close();
    expect((await foundOn(fs)).store.dump).toBe(store.dump);
  });

  test('begins by itself when the log has grown by so much, and keeps it bounded', async () => {
    const fs = new SimulatedDisk();
    const { log, store, kinds } = await openLog({
      fs,
      rewriteAt: { percentage: 100, minBytes: 4096 },
    });
    let largest = 0;
    for (let i = 0; i < 2_000; i += 1) {
      store.set(`key:${i % 20}`, `value ${i}`);
      if (i % 10 !== 0) continue;
      await settled();
      largest = Math.max(largest, log.bytes);
    }
    // 2,000 sets are some 60 KB, and twenty entries less than 1 KB.
    expect(kinds().filter((kind) => kind === 'rewrite-finished').length).toBeGreaterThan(5);
    expect(largest).toBeLessThan(8192);
    await log.close();
    expect((await foundOn(fs)).store.dump).toBe(store.dump);
  });

  test('that fails is told, and tried again a minute later, then two', async () => {
    const { store, kinds, time } = await openLog({ rewriteAt: { percentage: 100, minBytes: 1 } });
    const failures = () => kinds().filter((kind) => kind === 'rewrite-failed').length;
    store.refusesFreezing = true;
    store.set('a', '1'.repeat(200));
    await settled();
    expect(failures()).toBe(1);
    const steps = [
      [0.9, 1],
      [0.2, 2],
      [1.8, 2],
      [0.3, 3],
    ] as const;
    for (const [minutes, expected] of steps) {
      time.advance(minutes * 60_000);
      store.set('a', '2');
      await settled();
      expect(failures()).toBe(expected);
    }
  });
});
