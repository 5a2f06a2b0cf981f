// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
import { describe, expect, it } from 'vitest';
import { ByteModel } from './byte-model.ts';
import { checkInvariants } from './invariants.ts';

const value = new Uint8Array(400);

function set(run: ByteModel, n: number, deadline: number): void {
  run.db.set(run.range.take(`key:${n}`), 0, value, 0, 400, 0, deadline);
}

/** Sweeps with a budget until a sweep looks at nothing; answers how many records were looked at. */
function lookedAt(run: ByteModel): number {
  let looked = 0;
  for (;;) {
    run.db.sweeper.sweep(1, run.store.now);
    if (run.db.sweeper['walk'] === undefined) return looked;
    looked++;
  }
}

describe('the sweep', () => {
  it('looks at segments where something is due, and at no others', () => {
    const run = new ByteModel(1, 10);
    // About 2,300 records a segment: 20 segments, one of which holds a deadline that comes.
    for (let n = 0; n < 46_000; n++) set(run, n, n === 20_000 ? 2000 : n % 2 === 0 ? 1e9 : 0);
    expect(lookedAt(run)).toBe(0);
    run.store.now = 2000;
    const looked = lookedAt(run);
    expect(looked).toBeGreaterThan(1000);
    expect(looked).toBeLessThan(3000);
    expect(run.db.size).toBe(45_999);
    expect(lookedAt(run)).toBe(0);
    checkInvariants(run.store);
  });

  it('looks at no more records than its budget, and goes on where it stopped', () => {
    const run = new ByteModel(2, 10);
    for (let n = 0; n < 10_000; n++) set(run, n, 2000);
    run.store.now = 2000;
    let removed = 0;
    for (let sweeps = 0; sweeps < 10_100 / 7; sweeps++) {
      expect(run.store.sweep(7)).toBeLessThanOrEqual(7);
      expect(run.store.expired - removed).toBeLessThanOrEqual(7);
      removed = run.store.expired;
    }
    expect(run.store.expired).toBe(10_000);
    expect(run.store.memory.used).toBeLessThan(2);
  });

  it('brings back 200,000 keys that are due in the same second, in bounded slices', () => {
    const run = new ByteModel(3, 10);
    for (let n = 0; n < 200_000; n++) set(run, n, 5000 + (n % 1000));
    run.store.now = 6000;
    let slices = 0;
    while (run.db.size > 0) {
      expect(run.store.sweep(10_000)).toBeLessThanOrEqual(10_000);
      slices++;
    }
    expect(slices).toBeLessThan(25);
    expect(run.store.memory.used).toBeLessThan(2);
    checkInvariants(run.store);
  });

  it('sees deadlines that are written behind it, in the segment it is in', () => {
    const run = new ByteModel(4, 10);
    for (let n = 0; n < 2000; n++) set(run, n, n === 0 ? 2000 : 1e9);
    run.store.now = 2000;
    run.store.sweep(1000);
    expect(run.db.setDeadline(run.range.take('key:5'), 0, 3000)).toBe(true);
    checkInvariants(run.store);
    run.store.sweep(5000);
    checkInvariants(run.store);
    run.store.now = 3000;
    const { expired } = run.store;
    run.store.sweep(5000);
    expect(run.store.expired - expired).toBe(1);
    expect(run.db.find(run.range.take('key:5'), 0)).toBe(0);
  });

  it('finds what became due behind it while it went slowly', () => {
    const run = new ByteModel(5, 10);
    for (let n = 0; n < 2000; n++) set(run, n, 2000 + n);
    for (let now = 2000; now < 4100; now++) {
      run.store.now = now;
      run.store.sweep(10);
    }
    run.store.sweep(Number.POSITIVE_INFINITY);
    expect(run.db.size).toBe(0);
    checkInvariants(run.store);
  });

  for (const [what, act] of Object.entries<(run: ByteModel) => unknown>({
    'a flush': (run) => run.random.oneIn(20) && run.clear(),
    compaction: (run) => run.db.compactor.step(200),
    overwrites: (run) => {
      for (let i = 0; i < 100; i++) run.set(`key:${run.random.below(3000)}`, 300);
    },
    views: (run) => (run.view === undefined ? run.freeze() : run.closeView()),
  })) {
    it(`removes what is due and nothing else, with ${what} between two slices (seed 6)`, () => {
      const run = new ByteModel(6, 3000);
      for (let round = 0; round < 8; round++) {
        for (let n = 0; n < 6000; n++) run.set(`key:${run.random.below(3000)}`, 2000);
        run.store.now += 800;
        for (let slice = 0; slice < 30; slice++) {
          run.store.sweep(100);
          act(run);
          checkInvariants(run.store);
        }
        run.store.sweep(Number.POSITIVE_INFINITY);
        const live = [...run.model.keys()].filter((key) => run.live(key) !== undefined);
        expect(run.db.size, `round ${round}`).toBe(live.length);
        for (const key of run.model.keys()) run.check(key);
      }
    });
  }
});
