import { OneRange } from '@kv/store';
import { describe, expect, it } from 'vitest';
import { ByteEngine } from './byte-engine.ts';
import type { Engine } from './engine.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function engine(databases = 2) {
  let changes = 0;
  const made = new ByteEngine({
    databases,
    maxBytes: 0,
    evictionPolicy: 'noeviction',
    changed: () => {
      changes++;
    },
    random: Math.random,
  });
  made.now = 1000;
  return { made, changes: () => changes };
}

const range = new OneRange();

function set(to: Engine, database: number, key: string, value: string, deadline = 0): void {
  const { view } = range.take(key);
  const ranges = { ...range, view, bytes: range.bytes };
  to.at(database).set(ranges, 0, bytes(value), 0, value.length, 1, deadline);
}

/** What a snapshot of the engine would hold. */
function frozen(from: Engine): string[] {
  const view = from.freeze();
  const text = new TextDecoder();
  const entries = [...view].map(
    ({ database, key, value, deadline }) =>
      `${database} ${text.decode(key)}=${text.decode(value)} ${deadline ?? ''}`,
  );
  view.close();
  return entries.sort();
}

describe('the engine of the daemon', () => {
  it('tells every write, deletion and expiry, and not what is restored or flushed', () => {
    const { made, changes } = engine();
    set(made, 0, 'a', '1');
    set(made, 0, 'a', '2', 2000);
    expect(changes()).toBe(2);
    made.at(0).setDeadline(range.take('a'), 0, 1500);
    expect(changes()).toBe(3);
    made.now = 1500;
    expect(made.at(0).find(range.take('a'), 0)).toBe(0);
    expect(changes()).toBe(4);
    const entry = { database: 1, key: bytes('k'), value: bytes('v'), type: 0, encoding: 2 };
    made.restoring = true;
    made.restore({ ...entry, deadline: undefined });
    made.restoring = false;
    made.at(1).clear();
    expect(changes()).toBe(4);
  });

  it('freezes one moment of all databases, which restores to the same', () => {
    const { made } = engine();
    set(made, 0, 'a', '1');
    set(made, 1, 'b', '2', 5000);
    set(made, 1, 'gone', '3', 1001);
    made.now = 1001;
    const before = frozen(made);
    expect(before).toStrictEqual(['0 a=1 ', '1 b=2 5000']);
    const other = engine();
    const view = made.freeze();
    set(made, 0, 'a', 'later');
    made.at(1).clear();
    for (const entry of view) other.made.restore(entry);
    view.close();
    expect(frozen(other.made)).toStrictEqual(before);
    expect(frozen(made)).toStrictEqual(['0 a=later ']);
  });

  it('refuses an entry of a database that there is not', () => {
    const entry = { database: 2, key: bytes('k'), value: bytes('v'), type: 0, encoding: 0 };
    expect(() => engine().made.restore({ ...entry, deadline: undefined })).toThrow(
      expect.objectContaining({ code: 'DATABASE_RANGE' }),
    );
  });
});
