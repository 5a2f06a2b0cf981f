import type { SnapshotEntry } from '@kv/persistence';
import type { ByteRanges } from '@kv/server';
import { describe, expect, it } from 'vitest';
import { DatabaseRangeError } from './engine.ts';
import { MapKeyspaces } from './map-keyspaces.ts';

const encoder = new TextEncoder();

function range(key: string): ByteRanges {
  const bytes = encoder.encode(key);
  return { bytes, offset: Int32Array.of(0), length: Int32Array.of(bytes.length) };
}

function filled() {
  const told = { changes: 0 };
  const keyspaces = new MapKeyspaces(4, () => told.changes++, Math.random);
  keyspaces.now = 1000;
  const set = (database: number, key: string, value: string, deadline = 0) => {
    const bytes = encoder.encode(value);
    keyspaces.at(database).set(range(key), 0, bytes, 0, bytes.length, 2, deadline);
  };
  return { keyspaces, set, told };
}

/** The entries of a frozen view as text. */
function textsOf(entries: Iterable<SnapshotEntry>): string[] {
  return Array.from(entries, ({ database, key, value, encoding, deadline }) =>
    [database, Buffer.from(key), Buffer.from(value), encoding, deadline].join(' '),
  ).sort();
}

describe('the keyspaces', () => {
  it('freeze one moment, which no write, deletion, expiry or flush after it changes', () => {
    const { keyspaces, set } = filled();
    set(0, 'stays', 'a');
    set(0, 'changes', 'a');
    set(0, 'goes', 'a');
    set(3, 'expires', 'a', 1001);
    set(3, 'flushed', 'a');
    const view = keyspaces.freeze();
    const before = ['0 changes a 2 ', '0 goes a 2 ', '0 stays a 2 '];
    const all = [...before, '3 expires a 2 1001', '3 flushed a 2 '];
    expect(view.count).toBe(5);
    set(0, 'changes', 'b');
    set(0, 'new', 'b');
    keyspaces.at(0).setDeadline(range('stays'), 0, 5000);
    keyspaces.at(0).remove(range('goes'), 0);
    keyspaces.now = 1001;
    keyspaces.sweep(100);
    keyspaces.at(3).clear();
    set(3, 'flushed', 'again');
    expect(textsOf(view)).toStrictEqual(all);
    view.close();
  });

  it('leave out of a frozen view what has expired and was not swept', () => {
    const { keyspaces, set } = filled();
    set(0, 'expires', 'a', 1001);
    keyspaces.now = 1001;
    expect(keyspaces.freeze().count).toBe(0);
  });

  it('take back what they froze, as no change that would have to be saved', () => {
    const { keyspaces, set } = filled();
    set(0, 'a', 'x', 2000);
    set(3, 'b', '');
    const other = filled();
    for (const entry of keyspaces.freeze()) other.keyspaces.restore(entry);
    expect(textsOf(other.keyspaces.freeze())).toStrictEqual(['0 a x 2 2000', '3 b  2 ']);
    expect(other.told.changes).toBe(0);
    expect(other.keyspaces.at(0).expiringSize).toBe(1);
  });

  it('keep copies of what they restore: the bytes are used for the next block', () => {
    const { keyspaces } = filled();
    const bytes = encoder.encode('ab');
    keyspaces.restore({
      database: 0,
      key: bytes.subarray(0, 1),
      value: bytes.subarray(1),
      type: 0,
      encoding: 0,
      deadline: undefined,
    });
    bytes.fill(0);
    expect(textsOf(keyspaces.freeze())).toStrictEqual(['0 a b 0 ']);
  });

  it('refuse an entry of a database that there is not', () => {
    const { keyspaces } = filled();
    const bytes = encoder.encode('x');
    const entry = { database: 4, key: bytes, value: bytes, type: 0, encoding: 0 };
    const restore = () => keyspaces.restore({ ...entry, deadline: undefined });
    expect(restore).toThrow(DatabaseRangeError);
    expect(restore).toThrow(expect.objectContaining({ code: 'DATABASE_RANGE' }));
  });

  it('show the databases that hold something, and count what has expired in all of them', () => {
    const { keyspaces, set } = filled();
    set(1, 'a', 'x', 1001);
    set(2, 'a', 'x', 1001);
    keyspaces.at(3);
    expect(Array.from(keyspaces.used(), ([index]) => index)).toStrictEqual([1, 2]);
    keyspaces.now = 1001;
    expect(keyspaces.sweep(100)).toBe(2);
    expect(keyspaces.expired).toBe(2);
    expect([...keyspaces.used()]).toStrictEqual([]);
  });
});
