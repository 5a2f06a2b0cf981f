// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
import { describe, expect, it } from 'vitest';
import { ByteModel } from './byte-model.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import { ByteStoreError } from './byte-store-error.ts';
import { checkInvariants } from './invariants.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './layout.ts';

/** Memory that can be made to run out at a certain call, for a number of calls. */
class Scarce {
  private calls = 0;
  private from = Number.POSITIVE_INFINITY;
  private until = Number.POSITIVE_INFINITY;
  refused = 0;

  readonly allocate = (bytes: number): ArrayBuffer => {
    const call = ++this.calls;
    if (call >= this.from && call < this.until) {
      this.refused++;
      throw new RangeError('Array buffer allocation failed');
    }
    return new ArrayBuffer(bytes);
  };

  failAt(call: number, count: number): void {
    this.from = call;
    this.until = call + count;
  }

  failNow(): void {
    this.failAt(this.calls + 1, Number.POSITIVE_INFINITY);
  }

  recover(): void {
    this.from = Number.POSITIVE_INFINITY;
  }
}

const refusal = (code: string) => expect.objectContaining({ name: 'ByteStoreError', code });

describe('when memory runs out', () => {
  it('each operation works or says so, and the model still agrees, whichever call fails', () => {
    for (let n = 1; n <= 40; n++) {
      const scarce = new Scarce();
      scarce.failAt(n, 1 + (n % 5) * 3);
      let run: ByteModel | undefined;
      for (let i = 0; i < 4000; i++) {
        try {
          run ??= new ByteModel(n, 300, { allocate: scarce.allocate });
          run.step();
          if (run.random.oneIn(20)) run.set(`large:${run.random.below(5)}`, 270_000);
          if (run.view !== undefined) run.readView();
        } catch (error) {
          if (!(error instanceof ByteStoreError))
            throw new Error(`n ${n}, step ${i}`, { cause: error });
          expect(error.code).toBe('OUT_OF_MEMORY');
          if (run?.store['databases'][0] !== undefined) checkInvariants(run.store);
        }
      }
      run?.run(1000);
      expect(scarce.refused, `call ${n}`).toBeGreaterThan(0);
    }
  });

  it('keeps old values and deadlines, lets everything be read and deleted, and recovers', () => {
    const scarce = new Scarce();
    const run = new ByteModel(1, 10, { allocate: scarce.allocate });
    for (let i = 0; i < 4500; i++) run.set(`key:${i}`, 1000);
    scarce.failNow();
    let refused = 0;
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 4500; i++) {
        try {
          run.set(`key:${run.random.below(4500)}`, 1100 + round * 16);
        } catch (error) {
          expect(error).toEqual(refusal('OUT_OF_MEMORY'));
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(0);
    checkInvariants(run.store);
    for (const key of run.model.keys()) run.check(key);
    for (let i = 0; i < 3000; i += 2) run.remove(`key:${i}`);
    checkInvariants(run.store);
    scarce.recover();
    for (let i = 0; i < 3000; i++) run.set(`key:${i}`, 1300);
    for (const key of run.model.keys()) run.check(key);
    checkInvariants(run.store);
  });

  it('never fails a delete because compaction finds no memory', () => {
    const scarce = new Scarce();
    const run = new ByteModel(2, 10, { allocate: scarce.allocate });
    // 8 MiB is the first region: it is full to the brim.
    for (let i = 0; run.store.memory.used < 8; i++) run.set(`key:${i}`, 1000);
    for (let i = 0; i < 1005; i++) run.set(`more:${i}`, 1000);
    expect(run.store.memory.used).toBe(8);
    scarce.failNow();
    // In an order that leaves each segment with a few records, which want to be moved.
    const keys = [...run.model.keys()];
    for (const [i, key] of keys.entries()) if (i % 5 !== 0) run.remove(key);
    for (const [i, key] of keys.entries()) if (i % 5 === 0) run.remove(key);
    expect(run.db.size).toBe(0);
    checkInvariants(run.store);
  });

  it('takes a free segment of a later region before it asks for an earlier region anew', () => {
    const scarce = new Scarce();
    const run = new ByteModel(3, 10, { allocate: scarce.allocate });
    for (let i = 0; i < 12_000; i++) run.set(`key:${i}`, 1000);
    // The first region becomes empty and is given back; the second has room.
    for (let i = 0; i < 9000; i++) run.remove(`key:${i}`);
    scarce.failNow();
    for (let i = 0; i < 5000; i++) run.set(`new:${i}`, 1000);
    checkInvariants(run.store);
  });

  it('flushes without asking for memory', () => {
    const scarce = new Scarce();
    const run = new ByteModel(4, 10, { allocate: scarce.allocate });
    for (let i = 0; i < 5000; i++) run.set(`key:${i}`, 100);
    scarce.failNow();
    run.clear();
    expect(run.db.size).toBe(0);
    checkInvariants(run.store);
  });

  it('leaves no record behind when the index finds no memory for a key', () => {
    // The first chunk of tables holds some 700,000 keys; the second is refused.
    let chunks = 0;
    const allocate = (bytes: number): ArrayBuffer => {
      if (bytes % 2 ** 20 !== 8 && ++chunks > 1) throw new RangeError('no');
      return new ArrayBuffer(bytes);
    };
    const store = new ByteStore({ allocate, hashSecret: [1, 2] });
    const db = store.at(0);
    const range = new OneRange();
    const value = new Uint8Array(8);
    let refused: unknown;
    let n = 0;
    for (; refused === undefined && n < 2_000_000; n++) {
      try {
        db.set(range.take(`key:${n}`), 0, value, 0, 8, 0, 1e12);
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toEqual(refusal('OUT_OF_MEMORY'));
    expect(db.size).toBe(n - 1);
    expect(db.expiringSize).toBe(n - 1);
    checkInvariants(store);
  });
});

describe('a key or value that is too large', () => {
  it('is refused, and the old value stays', () => {
    const run = new ByteModel(5, 10);
    run.set('key', 100);
    const { db, range } = run;
    // A length is looked at before a byte of it.
    const huge = { length: VALUE_BYTES_MAX + 1 } as unknown as Uint8Array;
    const write = () => db.set(range.take('key'), 0, huge, 0, VALUE_BYTES_MAX + 1, 0, 0);
    expect(write).toThrow(refusal('TOO_LARGE'));
    run.check('key');
    const long = 'k'.repeat(KEY_BYTES_MAX + 1);
    const value = new Uint8Array(1);
    expect(() => db.set(range.take(long), 0, value, 0, 1, 0, 0)).toThrow(refusal('TOO_LARGE'));
    expect(db.find(range.take(long), 0)).toBe(0);
    expect(db.remove(range.take(long), 0)).toBe(false);
    expect(db.size).toBe(1);
    checkInvariants(run.store);
  });
});
