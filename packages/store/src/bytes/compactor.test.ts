// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
import { describe, expect, it } from 'vitest';
import { ByteModel } from './byte-model.ts';
import { checkInvariants } from './invariants.ts';
import { SEGMENT_GRANULES } from './layout.ts';

const MIB = 2 ** 20;
/** Segments that are being filled, emptied, or too few to be worth it. */
const SPARE_BYTES = 6 * MIB;

function usedToLive({ store }: ByteModel): number {
  return (store.memory.usedBytes - SPARE_BYTES) / (store.at(0).log.liveGranules * 8);
}

/** Overwrites random keys. */
function churn(run: ByteModel, keys: number, writes: number, low: number, high: number): void {
  for (let i = 0; i < writes; i++)
    run.set(`key:${run.random.below(keys)}`, low + run.random.below(high - low + 1));
}

describe('compaction', () => {
  it('keeps memory within 1.3 times what lives, under random, smaller, then larger sizes', {
    timeout: 30_000,
  }, () => {
    const run = new ByteModel(1, 10);
    const keys = 80_000;
    for (const [low, high] of [
      [8, 400],
      [8, 40],
      [8, 400],
      [200, 400],
    ] as const) {
      for (let part = 0; part < 2; part++) {
        churn(run, keys, keys, low, high);
        expect(usedToLive(run), `after ${low} to ${high} bytes`).toBeLessThan(1.3);
      }
      checkInvariants(run.store);
    }
    for (let i = 0; i < keys; i += 7) run.check(`key:${i}`);
  });

  it('keeps up with records of 5 to 250 KB, a little worse for what they leave unfilled', () => {
    const run = new ByteModel(2, 10);
    for (const [low, high] of [
      [5000, 20_000],
      [100_000, 250_000],
    ] as const) {
      churn(run, 150, 5000, low, high);
      expect(usedToLive(run)).toBeLessThan(1.5);
      checkInvariants(run.store);
    }
  });

  it('comes to an end where records leave a fifth of each segment unfilled', () => {
    const run = new ByteModel(3, 10);
    for (let i = 0; i < 320; i++) run.set(`key:${i}`, 210_000);
    for (let i = 0; i < 100; i++) run.db.compact();
    const { moved } = run.db.compactor;
    // It moved four records of 210 KB in every turn, for ever.
    for (let i = 0; i < 100; i++) run.db.compact();
    expect(run.db.compactor.moved).toBe(moved);
  });

  it('copies no more than about a segment in a turn', () => {
    const run = new ByteModel(4, 10);
    churn(run, 200, 400, 100_000, 200_000);
    let most = 0;
    for (let i = 0; i < 400; i++) {
      const before = run.db.compactor.moved;
      run.set(`key:${run.random.below(200)}`, 150_000);
      most = Math.max(most, run.db.compactor.moved - before);
    }
    expect(most).toBeGreaterThan(0);
    expect(most * 100_000).toBeLessThan(SEGMENT_GRANULES * 8 + 200_000);
  });

  it('brings together what many frozen views have left in segments of their own', () => {
    const run = new ByteModel(5, 10);
    for (let i = 0; i < 200; i++) {
      run.set(`key:${i}`, 1000);
      run.store.freeze().close();
    }
    for (let i = 0; i < 2000; i++) run.db.compact();
    expect(run.store.memory.used).toBeLessThan(8);
    checkInvariants(run.store);
  });

  it('brings memory back after expiry though nobody writes', () => {
    const run = new ByteModel(6, 10);
    const value = new Uint8Array(500);
    for (let i = 0; i < 40_000; i++)
      run.db.set(run.range.take(`key:${i}`), 0, value, 0, 500, 0, i % 4 === 0 ? 0 : 2000);
    run.store.now = 2000;
    for (let i = 0; i < 400; i++) run.store.sweep(1000);
    expect(run.db.size).toBe(10_000);
    expect(usedToLive(run)).toBeLessThan(1.3);
    checkInvariants(run.store);
  });

  it('drops the segment it is emptying when that is given back, or taken again, meanwhile', () => {
    const run = new ByteModel(7, 10);
    for (let i = 0; i < 30_000; i++) run.set(`key:${i}`, 400);
    for (let i = 0; i < 30_000; i += 2) run.remove(`key:${i}`);
    for (let tries = 0; run.db.compactor['walk'] === undefined && tries < 100; tries++)
      run.db.compactor.step(10);
    const walk = run.db.compactor['walk'];
    expect(walk).toBeDefined();
    const victim = walk?.segment as number;
    for (const key of [...run.model.keys()]) {
      const ref = run.db.find(run.range.take(key), 0);
      if (ref >>> 17 === victim) {
        const held = run.db.compactor['walk'];
        run.remove(key);
        if (held === undefined) break;
      }
    }
    expect(walk?.valid).toBe(false);
    churn(run, 30_000, 20_000, 8, 800);
    checkInvariants(run.store);
  });

  it('never touches a frozen segment, also one that was frozen while it was being emptied', () => {
    const run = new ByteModel(8, 10);
    for (let i = 0; i < 30_000; i++) run.set(`key:${i}`, 400);
    for (let i = 0; i < 30_000; i++) if (i % 3 !== 0) run.remove(`key:${i}`);
    for (let tries = 0; run.db.compactor['walk'] === undefined && tries < 100; tries++)
      run.db.compactor.step(10);
    expect(run.db.compactor['walk']).toBeDefined();
    run.freeze();
    const { moved } = run.db.compactor;
    for (let i = 0; i < 1000; i++) run.db.compactor.step(100);
    expect(run.db.compactor.moved).toBe(moved);
    run.finishView();
    for (let i = 0; i < 1000; i++) run.db.compactor.step(100);
    expect(run.db.compactor.moved).toBeGreaterThan(moved);
    checkInvariants(run.store);
  });

  it('leaves large values in their buffers, and frees each once', () => {
    const run = new ByteModel(9, 10);
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 20; i++) run.set(`large:${i}`, 262_200 + i);
      churn(run, 2000, 6000, 8, 3000);
      checkInvariants(run.store);
    }
    expect(run.db.compactor.moved).toBeGreaterThan(0);
    expect(run.db.beside.size).toBe(20);
    for (let i = 0; i < 20; i++) run.check(`large:${i}`);
    for (let i = 0; i < 20; i++) run.remove(`large:${i}`);
    expect(run.db.beside.bytes).toBe(0);
  });

  it('takes deadlines along: the sweep finds them where the records have gone', () => {
    const run = new ByteModel(10, 10);
    const value = new Uint8Array(300);
    for (let i = 0; i < 30_000; i++)
      run.db.set(run.range.take(`key:${i}`), 0, value, 0, 300, 0, i % 5 === 0 ? 5000 + i : 0);
    for (let i = 0; i < 30_000; i++) if (i % 5 !== 0) run.db.remove(run.range.take(`key:${i}`), 0);
    expect(run.db.compactor.moved).toBeGreaterThan(0);
    checkInvariants(run.store);
    run.store.now = 20_000;
    run.store.sweep(Number.POSITIVE_INFINITY);
    expect(run.db.size).toBe(6000 - 3001);
    run.store.now = 40_000;
    run.store.sweep(Number.POSITIVE_INFINITY);
    expect(run.db.size).toBe(0);
    checkInvariants(run.store);
  });
});
