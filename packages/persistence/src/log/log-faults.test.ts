/**
 * The file system fails at its n-th call, for every n; and the process dies at its n-th call, for every n. No
 * promise is broken, what is found is a state that was, and the log recovers when the file system does.
 */
import { describe, expect, test } from 'vitest';
import { FaultyFileSystem } from '../../test/faulty-file-system.ts';
import { foundOn, openLog, settled } from '../../test/open-log.ts';
import { seeded } from '../../test/random.ts';
import { SimulatedDisk } from '../../test/simulated-disk.ts';

/** Writes, rewrites and closes; answers every state that there was, and the newest that was promised. */
async function work(fs: FaultyFileSystem) {
  const states = [''];
  let promised = 0;
  const opened = await openLog({ fs, fsync: 'always', rewriteAt: { percentage: 0, minBytes: 0 } });
  const { log, store, time } = opened;
  const set = async (key: string, value: string) => {
    store.set(key, value);
    const index = states.push(store.dump) - 1;
    await new Promise<void>((resolve) => {
      log.whenDurable(log.position, (safe) => {
        if (safe) promised = index;
        resolve();
      });
    });
  };
  for (let i = 0; i < 3; i += 1) await set(`key:${i}`, `value ${i}`);
  const rewriting = log.rewrite().catch(() => undefined);
  await set('during', 'the rewrite');
  // A rewrite waits for a write that is tried again; not for ever, if nothing succeeds any more.
  for (let second = 0; second < 3; second += 1) {
    time.advance(1_000);
    await settled();
  }
  await Promise.race([rewriting, settled()]);
  for (let i = 0; i < 3; i += 1) await set(`key:${i}`, `new value ${i}`);
  return { opened, states, promised: () => promised };
}

async function callsOf(): Promise<readonly string[]> {
  const fs = new FaultyFileSystem(new SimulatedDisk());
  const { opened } = await work(fs);
  await opened.log.close();
  return fs.calls;
}

const calls = await callsOf();

test('the work makes every kind of call', () => {
  const kinds = [
    'createFile',
    'rename',
    'removeFile',
    'syncDirectory',
    'sync',
    'syncData',
    'truncate',
    'write',
  ];
  expect(new Set(calls)).toEqual(
    new Set([...kinds, 'openFile', 'makeDirectory', 'listFiles', 'close']),
  );
});

describe.each(['ENOSPC', 'EIO'])('with %s at the n-th call, for every n', (code) => {
  test.each(calls.map((call, i) => [i + 1, call] as const))('at %i, %s', async (at) => {
    const disk = new SimulatedDisk();
    const fs = new FaultyFileSystem(disk, { at, code, lasts: 'once' });
    let outcome: Awaited<ReturnType<typeof work>>;
    try {
      outcome = await work(fs);
    } catch (error) {
      // It was refused to begin, with a reason.
      expect((error as { code: string }).code).toMatch(/^LOG_(READ|WRITE)_FAILED$/);
      expect((await foundOn(disk)).store.dump).toBe('');
      return;
    }
    const { opened, states, promised } = outcome;
    const { log, store, time } = opened;
    // Whatever failed, the power may fail now: what was promised is there.
    const crashed = await foundOn(disk);
    expect(states).toContain(crashed.store.dump);
    expect(states.indexOf(crashed.store.dump)).toBeGreaterThanOrEqual(promised());
    if (!fs.failed) {
      // What fails is the end. Everything was promised by then.
      await log.close().catch((error) => expect(error.code).toBe('LOG_WRITE_FAILED'));
      expect(fs.failed).toBe(true);
      expect((await foundOn(disk)).store.dump).toBe(store.dump);
      return;
    }
    // The file system is well again: a failed write is tried again, and a rewrite mends all else.
    time.advance(2_000);
    await settled();
    if (log.failure !== undefined) await log.rewrite();
    await settled();
    expect(log.failure).toBeUndefined();
    store.set('after', 'the failure');
    await log.durable();
    await log.close();
    expect((await foundOn(disk)).store.dump).toBe(store.dump);
  });
});

test.each(calls.map((call, i) => [i + 1, call] as const))(
  'killed at call %i, %s, what was promised is there, and nothing else that never was',
  async (at) => {
    const disk = new SimulatedDisk();
    const fs = new FaultyFileSystem(disk, { at, code: 'EIO', lasts: 'forever' });
    const outcome = await work(fs).catch(() => undefined);
    disk.crash(seeded(at));
    const { store } = await foundOn(disk);
    if (outcome === undefined) expect(store.dump).toBe('');
    else {
      expect(outcome.states).toContain(store.dump);
      expect(outcome.states.indexOf(store.dump)).toBeGreaterThanOrEqual(outcome.promised());
    }
    // It starts, works, and leaves nothing behind.
    const again = await openLog({ fs: disk });
    again.store.set('again', 'there');
    await again.log.rewrite();
    await again.log.close();
    expect(disk.paths()).toHaveLength(3);
    expect((await foundOn(disk)).store.dump).toBe(again.store.dump);
  },
);
