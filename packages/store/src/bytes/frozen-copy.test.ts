import { expect, it } from 'vitest';
import type { Structure } from './beside.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import type { FrozenTarget } from './frozen-record.ts';

/** Room for so many bytes of keys and values, and what was put there. */
class SmallTarget implements FrozenTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  private readonly room: number;
  private places: number[][] = [];
  private end = 0;

  constructor(room: number) {
    this.room = room;
    this.bytes = new Uint8Array(room + 8);
    this.view = new DataView(this.bytes.buffer);
  }

  put(...[database, type, encoding, deadline, keyLength, valueLength]: number[]): number {
    const [key, value] = [keyLength as number, valueLength as number];
    if (this.end + key + value > this.room) return -1;
    const at = this.end;
    this.end += key + value;
    this.places.push([at, key, value, database, type, encoding, deadline] as number[]);
    return at;
  }

  /** What was put, as text; empties it. */
  take(): string[] {
    const text = (from: number, length: number) =>
      new TextDecoder('latin1').decode(this.bytes.subarray(from, from + length));
    const taken = this.places.map(([at, key, value, ...rest]) =>
      [
        text(at as number, key as number),
        text((at as number) + (key as number), value as number),
        ...rest,
      ].join('|'),
    );
    this.places = [];
    this.end = 0;
    return taken;
  }
}

it('copies into small targets what iterating shows, large and changed entries too', () => {
  const store = new ByteStore({ databases: 4 });
  store.now = 100;
  const range = new OneRange();
  const set = (database: number, key: string, length: number, deadline: number) => {
    const value = new Uint8Array(length).fill(65 + (length % 26));
    store.at(database).set(range.take(key), 0, value, 0, length, length % 4, deadline);
  };
  for (let i = 0; i < 3000; i++)
    set(i % 7 === 0 ? 2 : 0, `key ${i}`, i % 400, i % 5 === 0 ? 150 + i : 0);
  set(3, 'large', 300_000, 0);
  set(3, 'expired', 10, 90);
  const shown = (entry: { key: Uint8Array; value: Uint8Array } & Record<string, unknown>) => {
    const text = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);
    const { key, value, database, type, encoding, deadline } = entry;
    return [text(key), text(value), database, type, encoding, deadline ?? 0].join('|');
  };
  const before = store.freeze();
  const expected = Array.from(before, (entry) => shown({ ...entry }));
  before.close();

  const view = store.freeze();
  const target = new SmallTarget(5000);
  const copied: string[] = [];
  for (let call = 0; ; call++) {
    // What is written meanwhile does not show.
    set(0, `key ${call}`, 399, 0);
    store.at(2).remove(range.take(`key ${call * 7}`), 0);
    const isMore = view.copyTo(target);
    const taken = target.take();
    copied.push(...taken);
    if (!isMore) break;
    // There is no room for it in an empty target: the iterator has it.
    if (taken.length > 0) continue;
    const [entry] = view;
    copied.push(shown({ ...(entry as NonNullable<typeof entry>) }));
  }
  view.close();
  expect(copied).toHaveLength(3001);
  expect(new Set(copied)).toEqual(new Set(expected));
});

it('does not copy a structure as if it were empty', () => {
  const store = new ByteStore();
  const structure: Structure = { memoryBytes: 8, clone: () => structure };
  store.at(0).setStructure(new OneRange().take('cell'), 0, 1, structure, 0);
  const view = store.freeze();
  expect(() => view.copyTo(new SmallTarget(100))).toThrow('structure');
  view.close();
  const again = store.freeze();
  expect(Array.from(again, ({ structure }) => structure)).toEqual([structure]);
  again.close();
});

it('copies every entry as it was, once, when all of them change in place between two targets', () => {
  const store = new ByteStore();
  const db = store.at(0);
  const range = new OneRange();
  const fill = (text: string) => {
    const value = new TextEncoder().encode(text.repeat(40));
    for (let i = 100; i < 600; i++) db.set(range.take(`key ${i}`), 0, value, 0, 40, 0, 0);
  };
  fill('a');
  const view = store.freeze();
  const target = new SmallTarget(47 * 7);
  const copied: string[] = [];
  for (let isMore = true; isMore; ) {
    isMore = view.copyTo(target);
    copied.push(...target.take());
    fill('b');
  }
  view.close();
  const expected = Array.from(
    { length: 500 },
    (_, i) => `key ${i + 100}|${'a'.repeat(40)}|0|0|0|0`,
  );
  expect(copied.sort()).toEqual(expected);
  expect(new TextDecoder().decode(db.valueView(db.find(range.take('key 300'), 0)))).toMatch(/^b/);
});
