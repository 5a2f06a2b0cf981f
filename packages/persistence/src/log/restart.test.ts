/** What a start reads may be in the system's memory only: before it goes on, it sees to it that it is on disk. */
import { expect, test } from 'vitest';
import { FaultyFileSystem } from '../../test/faulty-file-system.ts';
import { foundOn, openLog, settled } from '../../test/open-log.ts';
import { seeded } from '../../test/random.ts';
import { SimulatedDisk } from '../../test/simulated-disk.ts';

/** Loses every write and keeps every change of a name; the other way round; and some of both. */
const LOSSES = [() => 0.99, () => 0.45, seeded(1), seeded(2), seeded(3)];

/** Goes on where a process has left off, is promised something, and loses power. */
async function goOnAndLosePower(disk: SimulatedDisk, random: () => number): Promise<void> {
  const { log, store } = await openLog({ fs: disk, fsync: 'always' });
  store.set('again', 'there');
  await log.durable();
  disk.crash(random);
  expect((await foundOn(disk)).store.dump).toBe(store.dump);
}

test('what an fsync that failed has not saved is written again by the next start', async () => {
  for (const random of LOSSES) {
    const disk = new SimulatedDisk();
    let fails = false;
    const fs = disk.mount(
      async () => undefined,
      ({ name }) => (fails && name.startsWith('syncData') ? 'EIO' : undefined),
    );
    const { log, store } = await openLog({ fs, fsync: 'always' });
    store.set('a', '1');
    await log.durable();
    fails = true;
    store.set('b', '2');
    await settled();
    expect(log.failure).toBeDefined();
    expect((await foundOn(disk)).store.get('b')).toBe('2');
    await goOnAndLosePower(disk, random);
  }
});

/** Writes and rewrites; the number of calls that it makes. */
async function work(fs: FaultyFileSystem): Promise<number> {
  const { log, store } = await openLog({ fs, fsync: 'always' });
  for (let i = 0; i < 2; i += 1) {
    store.set(`key:${i}`, 'value');
    await settled();
  }
  void log.rewrite().catch(() => undefined);
  await settled();
  store.set('after', 'the rewrite');
  await settled();
  return fs.calls.length;
}

test('a process is killed at any call, the next goes on, and the power fails: nothing is lost', async () => {
  const calls = await work(new FaultyFileSystem(new SimulatedDisk()));
  expect(calls).toBeGreaterThan(40);
  for (let at = 1; at <= calls; at += 1) {
    for (const random of LOSSES) {
      const disk = new SimulatedDisk();
      await work(new FaultyFileSystem(disk, { at, code: 'EIO', lasts: 'forever' })).catch(() => 0);
      await goOnAndLosePower(disk, random);
    }
  }
});
