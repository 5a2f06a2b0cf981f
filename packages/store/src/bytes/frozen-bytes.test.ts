// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
import { describe, expect, it } from 'vitest';
import { ByteModel } from './byte-model.ts';
import { checkInvariants } from './invariants.ts';

/** A store with entries of every kind: with and without deadline, small and large. */
function filled(seed: number): ByteModel {
  const run = new ByteModel(seed, 400);
  for (let i = 0; i < 400; i++) run.set(`key:${i}${'x'.repeat(i % 9)}`);
  for (let i = 0; i < 6; i++) run.set(`large:${i}`, 262_100 + i * 1000);
  return run;
}

/** What may happen between two looks at a view. */
const OPERATIONS: Record<string, (run: ByteModel, key: string) => void> = {
  'writes of other sizes': (run, key) => run.set(key),
  'overwrites of the same size': (run, key) => run.set(key, run.model.get(key)?.length ?? 8),
  deletes: (run, key) => run.remove(key),
  'new and changed deadlines': (run, key) => run.setDeadline(key),
  expiry: (run) => run.expire(),
  'large values': (run, key) => run.set(run.random.oneIn(2) ? key : 'large:1', 270_000),
  'large values deleted': (run) => run.remove(`large:${run.random.below(6)}`),
  compaction: (run) => run.db.compactor.step(64),
  'a flush': (run) => run.random.oneIn(100) && run.clear(),
};

/** Nothing of a view is left: no ghost, no frozen segment, no buffer without a record. */
function expectThawed({ store }: ByteModel): void {
  expect(store['shared'].ghosts.size).toBe(0);
  expect(store.memory.frozen.every((flag) => flag === 0)).toBe(true);
  checkInvariants(store);
}

describe('a frozen view', () => {
  for (const [what, act] of Object.entries(OPERATIONS)) {
    it(`is what was there when it was taken, whatever comes between: ${what} (seed 1)`, () => {
      const run = filled(1);
      for (let round = 0; round < 3; round++) {
        run.freeze();
        do {
          const n = run.random.below(400);
          act(run, `key:${n}${'x'.repeat(n % 9)}`);
          if (run.random.oneIn(50)) checkInvariants(run.store);
        } while (run.readView());
        expectThawed(run);
      }
    });
  }

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`is what was there, with everything between two looks (seed ${seed})`, () => {
      const run = filled(seed);
      const acts = Object.values(OPERATIONS);
      for (let round = 0; round < 5; round++) {
        run.freeze();
        do {
          for (let i = run.random.below(20); i > 0; i--) {
            const n = run.random.below(400);
            const act = acts[run.random.below(acts.length)] as (typeof acts)[number];
            act(run, `key:${n}${'x'.repeat(n % 9)}`);
          }
          if (run.random.oneIn(50)) checkInvariants(run.store);
        } while (run.readView());
        expectThawed(run);
      }
      for (const key of run.model.keys()) run.check(key);
    });
  }

  it('is empty for an empty store, and for one whose entries have all expired', () => {
    const run = new ByteModel(1, 10);
    run.freeze();
    expect(run.readView()).toBe(false);
    run.db.set(run.range.take('a'), 0, new Uint8Array(4), 0, 4, 0, 2000);
    run.store.now = 2000;
    const frozen = run.store.freeze();
    expect(frozen.count).toBe(1);
    expect([...frozen]).toEqual([]);
    frozen.close();
  });

  it('costs nothing once it is closed without being read', () => {
    const run = filled(2);
    const before = run.store.usedBytes;
    for (let i = 0; i < 20; i++) {
      run.freeze();
      for (let j = 0; j < 3; j++) run.set(`large:${j}`, 262_100 + j * 1000);
      run.closeView();
      expectThawed(run);
    }
    expect(run.store.usedBytes).toBeLessThan(before + 6 * 2 ** 20);
    const large = [...run.model].filter(([key, { length }]) => key.length + length > 256 * 1024);
    expect(run.db.beside.size).toBe(large.length);
  });

  it('costs what changes between two looks, and not what has changed in all', () => {
    const run = new ByteModel(8, 10);
    const set = (n: number, fill: number) => {
      const value = new Uint8Array(400).fill(fill);
      run.db.set(run.range.take(`key:${n}`), 0, value, 0, 400, 0, 0);
    };
    for (let n = 0; n < 20_000; n++) set(n, 1);
    const before = run.store.usedBytes;
    const frozen = run.store.freeze();
    let [seen, most] = [0, 0];
    for (const { value } of frozen) {
      if (value.every((byte) => byte === 1)) seen++;
      set(run.random.below(20_000), 2);
      most = Math.max(most, run.store.usedBytes - before);
    }
    expect([seen, most]).toEqual([20_000, 2 ** 15]);
    frozen.close();
    expect(run.store.usedBytes).toBe(before);
    checkInvariants(run.store);
  });

  it('leaves an entry as it was handed out, whatever is written over it', () => {
    const run = filled(9);
    const frozen = run.store.freeze();
    for (const { key, value } of frozen) {
      const before = value.slice();
      const ref = run.db.find(run.range.take(key), 0);
      run.db.overwrite(ref, new Uint8Array(value.length).fill(251), 0, value.length);
      expect(Buffer.compare(value, before)).toBe(0);
    }
    frozen.close();
  });

  it('is one at a time, and another can follow', () => {
    const run = filled(3);
    const first = run.store.freeze();
    expect(() => run.store.freeze()).toThrow('still open');
    first.close();
    const second = run.store.freeze();
    // Closing again must not end the view that followed.
    first.close();
    expect(() => run.store.freeze()).toThrow('still open');
    expect([...second].length).toBe(run.model.size);
    second.close();
    expectThawed(run);
  });

  it('ends for an iterator that was left open when it was closed, after a flush too', () => {
    const run = filled(4);
    run.freeze();
    run.readView();
    const entries = run.view?.entries;
    run.clear();
    run.closeView();
    run.set('new', 100);
    // This gave the flushed segments back a second time, and thawed the next view's.
    run.freeze();
    expect(entries?.next().done).toBe(true);
    checkInvariants(run.store);
    run.finishView();
    expectThawed(run);
  });

  it('goes on where an earlier iteration stopped', () => {
    const run = filled(5);
    const frozen = run.store.freeze();
    const keys: string[] = [];
    const read = (count: number) => {
      for (const { key } of frozen) {
        keys.push(Buffer.from(key).toString());
        if (--count === 0) break;
      }
    };
    read(5);
    read(100);
    read(-1);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(run.model.size);
    frozen.close();
  });

  it('sees all databases, and neither those nor the entries that come later', () => {
    const run = new ByteModel(6, 10, { databases: 4 });
    const value = new Uint8Array(8);
    for (const n of [0, 2]) run.store.at(n).set(run.range.take(`in ${n}`), 0, value, 0, 8, n, 0);
    const frozen = run.store.freeze();
    for (const n of [0, 1, 3]) run.store.at(n).set(run.range.take('late'), 0, value, 0, 8, 0, 0);
    const seen = [...frozen].map(({ database, encoding, key }) => [
      database,
      encoding,
      String.fromCharCode(...key),
    ]);
    expect(seen).toEqual([
      [0, 0, 'in 0'],
      [2, 2, 'in 2'],
    ]);
    frozen.close();
    checkInvariants(run.store);
  });

  it('keeps what eviction takes while it is read, and moves nothing out of itself (seed 7)', () => {
    const run = new ByteModel(7, 10);
    const { store, db, range } = run;
    const value = new Uint8Array(1000);
    const set = (n: number) => db.set(range.take(`key:${n}`), 0, value, 0, 1000, 0, 0);
    store.limit(20 * 2 ** 20, 'allkeys-lfu');
    for (let n = 0; n < 20_000; n++) {
      store.makeRoom();
      set(n);
      for (let i = 0; i < 4; i++) db.find(range.take(`key:${run.random.below(n + 1)}`), 0);
    }
    const there = new Set<string>();
    for (let n = 0; n < 20_000; n++)
      if (db.find(range.take(`key:${n}`), 0) !== 0) there.add(`key:${n}`);
    const frozen = store.freeze();
    const seen: string[] = [];
    let n = 20_000;
    for (const { key } of frozen) {
      seen.push(Buffer.from(key).toString());
      store.makeRoom();
      set(n++);
      if (n % 1000 === 0) checkInvariants(store);
    }
    frozen.close();
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((key) => !there.has(key))).toEqual([]);
    expect(seen.length).toBe(there.size);
    checkInvariants(store);
  });
});
