import { expect, it } from 'vitest';
import { SimulatedDisk } from '../../../packages/persistence/test/simulated-disk.ts';
import { ByteEngine } from '../src/byte-engine.ts';
import { KeptLog } from '../src/kept-log.ts';

const nobody = () => undefined;

it('makes nothing durable any more when a snapshot begins to take its place, unless that fails', async () => {
  const engine = new ByteEngine({
    ...{ databases: 1, maxBytes: 0, evictionPolicy: 'noeviction' },
    ...{ changed: nobody, random: Math.random },
  });
  const kept = await KeptLog.open({
    directory: '/data',
    environment: { fs: new SimulatedDisk() },
    engine,
    fsync: 'always',
    rewriteAt: { percentage: 0, minBytes: 0 },
    exclusively: (work) => work(),
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
  });
  await kept.begin();
  expect([kept.enabled, kept.ending]).toEqual([true, false]);
  const saving = Promise.withResolvers<void>();
  const ending = kept.end(() => saving.promise);
  expect([kept.enabled, kept.ending]).toEqual([true, true]);
  saving.reject(new Error('the disk is full'));
  await expect(ending).rejects.toThrow('the disk is full');
  expect([kept.enabled, kept.ending]).toEqual([true, false]);
  await kept.end(async () => undefined);
  expect([kept.enabled, kept.ending, kept.exists]).toEqual([false, false, false]);
});
