import { describe, expect, it } from 'vitest';
import type { EntryColumns } from './bulk-load.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import { checkInvariants } from './invariants.ts';

interface Loaded {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly encoding: number;
  readonly deadline: number;
}

/** A batch with nothing behind its last byte. */
function batchOf(entries: readonly Loaded[]): EntryColumns {
  const count = entries.length;
  const bytes = Buffer.concat(entries.flatMap(({ key, value }) => [key, value]));
  const columns = {
    bytes: new Uint8Array(bytes),
    keyOffset: new Int32Array(count),
    keyLength: new Int32Array(count),
    valueOffset: new Int32Array(count),
    valueLength: new Int32Array(count),
    encoding: new Int32Array(count),
    deadline: new Float64Array(count),
  };
  let at = 0;
  for (const [i, { key, value, encoding, deadline }] of entries.entries()) {
    columns.keyOffset[i] = at;
    columns.keyLength[i] = key.length;
    columns.valueOffset[i] = at + key.length;
    columns.valueLength[i] = value.length;
    columns.encoding[i] = encoding;
    columns.deadline[i] = deadline;
    at += key.length + value.length;
  }
  return { ...columns, view: new DataView(columns.bytes.buffer) };
}

function entry(i: number, valueBytes: number): Loaded {
  return {
    key: new TextEncoder().encode(`key ${i}`.padEnd(4 + (i % 23), '.')),
    value: new Uint8Array(valueBytes).fill(i),
    encoding: i % 4,
    deadline: i % 3 === 0 ? 1000 + i : 0,
  };
}

function check(store: ByteStore, expected: Iterable<Loaded>): void {
  const db = store.at(0);
  const range = new OneRange();
  let [count, expiring] = [0, 0];
  for (const { key, value, encoding, deadline } of expected) {
    const ref = db.find(range.take(key), 0);
    expect(ref).not.toBe(0);
    expect(db.keyOf(ref)).toEqual(key);
    expect(Buffer.compare(db.valueView(ref), value)).toBe(0);
    expect([db.encodingOf(ref), db.deadlineOf(ref)]).toEqual([encoding, deadline]);
    count += 1;
    if (deadline !== 0) expiring += 1;
  }
  expect([db.size, db.expiringSize]).toEqual([count, expiring]);
  checkInvariants(store);
}

function load(store: ByteStore, batch: EntryColumns, from: number, to: number): void {
  const loading = store.at(0).beginLoad();
  try {
    loading.add(batch, from, to);
  } finally {
    loading.end();
  }
}

describe('loading a batch', () => {
  it('writes what setting one by one would, of every length', () => {
    const entries = Array.from({ length: 9000 }, (_, i) => entry(i, i % 300));
    entries.push(entry(9001, 300_000), entry(9002, 0), entry(9003, 5));
    const store = new ByteStore();
    const batch = batchOf(entries);
    load(store, batch, 0, 5000);
    load(store, batch, 5000, entries.length);
    check(store, entries);
  });

  it('replaces what is there, and of a key that comes twice the last is left', () => {
    const store = new ByteStore();
    const before = Array.from({ length: 100 }, (_, i) => entry(i, 20));
    load(store, batchOf(before), 0, 100);
    const after = Array.from({ length: 60 }, (_, i) => ({ ...entry(i, 40), deadline: 0 }));
    load(store, batchOf([...after, ...after.slice(0, 10)]), 0, 70);
    check(store, [...after, ...before.slice(60)]);
  });

  it('leaves the last of a key that comes so often that its slots must be put in meanwhile', () => {
    const store = new ByteStore();
    const loading = store.at(0).beginLoad();
    const small = batchOf(Array.from({ length: 1000 }, (_, i) => entry(0, i % 50)));
    for (let i = 0; i < 20; i++) loading.add(small, 0, 1000);
    loading.add(batchOf([entry(0, 300_000), entry(1, 5), entry(0, 7), entry(2, 3)]), 0, 4);
    loading.end();
    check(store, [entry(1, 5), entry(0, 7), entry(2, 3)]);
    expect(store.memory.used).toBeLessThan(4);
  });

  it('leaves compaction for later, which would not find in the index what it moves', () => {
    const store = new ByteStore();
    const loading = store.at(0).beginLoad();
    const others = Array.from({ length: 3000 }, (_, i) => entry(i + 1, 3000));
    const mixed = others.flatMap((other) => [entry(0, 3000), other]);
    loading.add(batchOf(mixed), 0, mixed.length);
    // With this one, half of the segments is dead.
    loading.add(batchOf([entry(0, 300_000)]), 0, 1);
    loading.end();
    check(store, [entry(0, 300_000), ...others]);
  });

  it('does not tell the journal', () => {
    const told: string[] = [];
    const tell = (what: string) => () => told.push(what);
    const journal = {
      put: tell('put'),
      deadline: tell('deadline'),
      remove: tell('remove'),
      flush: tell('flush'),
    };
    const store = new ByteStore({ journal });
    load(store, batchOf([entry(1, 3), entry(1, 3), entry(2, 300_000)]), 0, 3);
    expect([store.at(0).size, told]).toEqual([2, []]);
  });

  it('keeps what was loaded before memory ran out, for records or for the index, and is whole', () => {
    const count = 1_000_000;
    const numbers = Int32Array.from({ length: count }, (_, i) => i);
    const bytes = new Uint8Array(numbers.buffer);
    const none = new Int32Array(count);
    const batch: EntryColumns = {
      bytes,
      view: new DataView(bytes.buffer),
      keyOffset: numbers.map((i) => i * 4),
      keyLength: none.map(() => 4),
      valueOffset: none,
      valueLength: none,
      encoding: none,
      deadline: new Float64Array(count).fill(5000),
    };
    const loadWithout = (refused: 'segments' | 'tables') => {
      let tableBytes = 0;
      let calls = 0;
      const allocate = (size: number) => {
        tableBytes ||= size;
        const isTable = size === tableBytes;
        if (isTable === (refused === 'tables') && ++calls > 1) throw new RangeError('no more');
        return new ArrayBuffer(size);
      };
      const store = new ByteStore({ allocate });
      expect(() => load(store, batch, 0, count)).toThrow(
        expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
      );
      const db = store.at(0);
      expect(db.size).toBeGreaterThan(100_000);
      expect(db.expiringSize).toBe(db.size);
      checkInvariants(store);
      return db.size;
    };
    expect(loadWithout('segments')).not.toBe(loadWithout('tables'));
  });
});
