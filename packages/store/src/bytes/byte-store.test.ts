import { describe, expect, it } from 'vitest';
import { ByteModel } from './byte-model.ts';

/** The long form: KV_ENGINE_OPERATIONS=20000000 (and KV_ENGINE_SEED, else from the clock). */
const LONG = Number(process.env.KV_ENGINE_OPERATIONS ?? 0);
const SEED = Number(process.env.KV_ENGINE_SEED ?? Date.now() % 1_000_000);

describe('the byte engine', () => {
  for (const seed of [1, 2, 3]) {
    it(`does what a Map does, in 100,000 random operations (seed ${seed})`, () => {
      const run = new ByteModel(seed, 3000);
      run.run(100_000);
      const expected = [...run.model.keys()].filter((key) => run.live(key) !== undefined);
      for (const key of expected) run.check(key);
      run.store.sweep(Number.POSITIVE_INFINITY);
      expect(run.db.size).toBe(expected.length);
      const withDeadline = expected.filter((key) => run.model.get(key)?.deadline !== 0).length;
      expect(run.db.expiringSize).toBe(withDeadline);
      expect(run.db.compactor.moved).toBeGreaterThan(0);
    });
  }

  it('does the same with refs beyond 2^31, which are negative (seed 7)', () => {
    const run = new ByteModel(7, 2000, { firstSegment: 20_000 });
    run.run(50_000);
    run.store.now = 0;
    run.set('negative', 8);
    expect(run.db.find(run.range.take('negative'), 0)).toBeLessThan(0);
  });

  it('does the same with refs that pass 2^31 (seed 8)', () => {
    const run = new ByteModel(8, 1000, { firstSegment: 2 ** 31 / 2 ** 17 - 256 });
    for (let i = 0; i < 40; i++) run.set(`filler:${i}`, 250_000);
    run.run(20_000);
  });

  it.runIf(LONG > 0)(
    `does what a Map does, in the long form (seed ${SEED})`,
    {
      timeout: 86_400_000,
    },
    () => {
      const slice = 1_000_000;
      for (let done = 0, seed = SEED; done < LONG; done += slice, seed++)
        new ByteModel(seed, 300 + ((seed * 997) % 20_000)).run(Math.min(slice, LONG - done));
    },
  );
});
