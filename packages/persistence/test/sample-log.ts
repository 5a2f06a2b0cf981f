import { openLog, settled } from './open-log.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** A closed log on a disk in memory, and every state that its store was in, as text, in order. */
export interface SampleLog {
  readonly disk: SimulatedDisk;
  readonly states: readonly string[];
}

/**
 * A log of a base and two segments of `changes` records each, fsynced one by one. Only the second segment is
 * still written to: a rewrite has begun it, and was given up.
 */
export async function sampleLog(changes: number): Promise<SampleLog> {
  const disk = new SimulatedDisk();
  const { log, store } = await openLog({ fs: disk, fsync: 'always' });
  for (let i = 0; i < changes; i += 1)
    store.set(`base:${i}`, `of the ${i}th`, 4_000_000_000_000 + i);
  await log.rewrite();
  const states = [store.dump];
  const change = async (i: number) => {
    const key = `base:${(i * 7) % (changes + 3)}`;
    if (i % 5 === 0) store.remove(key);
    else if (i % 7 === 0) store.expire(key, 5_000_000_000_000 + i);
    else store.set(key, `changed by ${i}`, i % 3 === 0 ? 4_500_000_000_000 : undefined, i % 2);
    await log.durable();
    states.push(store.dump);
  };
  for (let i = 1; i <= changes; i += 1) await change(i);
  store.refusesFreezing = true;
  await log.rewrite().catch(() => undefined);
  for (let i = 1; i <= changes; i += 1) await change(i * 3);
  await log.close();
  await settled();
  return { disk, states };
}
