import type { ByteRanges } from '@kv/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MapKeyspace } from './map-keyspace.ts';

const encoder = new TextEncoder();

/** A key as the server passes it: one range of a larger buffer. */
function rangeOf(key: string): ByteRanges {
  const bytes = encoder.encode(`..${key}..`);
  return { bytes, offset: Int32Array.of(2), length: Int32Array.of(bytes.length - 4) };
}

/** A keyspace with a time of its own, which counts what it is told. */
class World {
  now = 1000;
  changes = 0;
  expiries = 0;
  draws: () => number = Math.random;
  readonly keyspace: MapKeyspace;

  constructor() {
    const now = () => this.now;
    this.keyspace = new MapKeyspace({
      get now() {
        return now();
      },
      changed: () => this.changes++,
      expired: () => this.expiries++,
      random: () => this.draws(),
    });
  }

  set(key: string, value: string, deadline = 0): void {
    const bytes = encoder.encode(`<${value}>`);
    this.keyspace.set(rangeOf(key), 0, bytes, 1, bytes.length - 2, 0, deadline);
  }

  get(key: string): string | undefined {
    const ref = this.keyspace.find(rangeOf(key), 0);
    return ref === 0 ? undefined : Buffer.from(this.keyspace.valueView(ref)).toString();
  }

  /** All keys that a whole SCAN shows, with `between` called between its pages. */
  scan(count: number, between: () => void = () => {}): string[] {
    const seen: string[] = [];
    let cursor = 0;
    do {
      cursor = this.keyspace.scan(cursor, count, (ref) => {
        seen.push(Buffer.from(this.keyspace.keyView(ref)).toString());
      });
      between();
    } while (cursor !== 0);
    return seen;
  }
}

type Step =
  | { readonly do: 'set'; readonly key: string; readonly ttl: number }
  | { readonly do: 'deadline'; readonly key: string; readonly ttl: number }
  | { readonly do: 'remove' | 'get'; readonly key: string }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'sweep' | 'clear' };

const key = fc.constantFrom(...'abcdefghij');
/** 0 is no deadline; a negative one has passed when it is set. */
const ttl = fc.integer({ min: -2, max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), key, ttl }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deadline' as const), key, ttl }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'get'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.integer({ min: -5, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('sweep' as const, 'clear') }) },
);

/** What a keyspace should hold. */
class Model {
  readonly entries = new Map<string, { value: string; deadline: number }>();
  private writes = 0;

  /** Does one step to both, and compares the answers. */
  apply(world: World, step: Step): void {
    const { keyspace } = world;
    this.expire(world.now);
    switch (step.do) {
      case 'set': {
        const deadline = step.ttl === 0 ? 0 : world.now + step.ttl;
        const value = `value ${this.writes++}`;
        world.set(step.key, value, deadline);
        this.entries.set(step.key, { value, deadline });
        break;
      }
      case 'deadline': {
        const deadline = step.ttl === 0 ? 0 : world.now + step.ttl;
        keyspace.setDeadline(rangeOf(step.key), 0, deadline);
        const entry = this.entries.get(step.key);
        if (entry !== undefined) entry.deadline = deadline;
        break;
      }
      case 'remove':
        expect(keyspace.remove(rangeOf(step.key), 0)).toBe(this.entries.delete(step.key));
        break;
      case 'get':
        expect(world.get(step.key)).toBe(this.entries.get(step.key)?.value);
        break;
      case 'advance':
        world.now += step.ms;
        break;
      case 'sweep':
        keyspace.sweep(Number.POSITIVE_INFINITY);
        break;
      case 'clear':
        keyspace.clear();
        this.entries.clear();
    }
    this.expire(world.now);
    // A clock that goes back finds no entry that was expired before: it is looked for now.
    keyspace.sweep(Number.POSITIVE_INFINITY);
    keyspace.forget();
  }

  private expire(now: number): void {
    for (const [name, { deadline }] of this.entries)
      if (deadline !== 0 && deadline <= now) this.entries.delete(name);
  }
}

describe('a keyspace', () => {
  it('holds what a Map with deadlines would hold, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        const model = new Model();
        for (const one of steps) {
          model.apply(world, one);
          const { keyspace } = world;
          expect(keyspace.size).toBe(model.entries.size);
          const expiring = [...model.entries.values()].filter(({ deadline }) => deadline !== 0);
          expect(keyspace.expiringSize).toBe(expiring.length);
          expect(world.scan(3).sort()).toStrictEqual([...model.entries.keys()].sort());
        }
        for (const name of 'abcdefghij')
          expect(world.get(name)).toBe(model.entries.get(name)?.value);
      }),
      { numRuns: 300 },
    );
  });

  it('shows a key that stays exactly once in a SCAN, whatever comes, goes and expires meanwhile', () => {
    const between = fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), between, (count, pages) => {
        const world = new World();
        const staying = Array.from({ length: 30 }, (_, i) => `stays ${i}`);
        for (const name of staying) {
          world.set(name, 'x');
          world.set(`${name} goes`, 'x', 1005);
        }
        const model = new Model();
        let page = 0;
        const seen = world.scan(count, () => {
          // A flush takes every key away, so that none stays.
          for (const one of pages[page++] ?? []) if (one.do !== 'clear') model.apply(world, one);
        });
        expect(seen.filter((name) => staying.includes(name)).sort()).toStrictEqual(
          [...staying].sort(),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('uses the places of deleted keys again', () => {
    const world = new World();
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 10; i++) world.set(`${round}:${i}`, 'x', i % 2 === 0 ? 0 : world.now + 1);
      for (let i = 0; i < 10; i += 2) world.keyspace.remove(rangeOf(`${round}:${i}`), 0);
      world.now++;
      world.keyspace.sweep(Number.POSITIVE_INFINITY);
    }
    expect(world.keyspace.size).toBe(0);
    // One page covers every place that was ever used.
    expect(world.keyspace.scan(0, 10, () => {})).toBe(0);
  });

  it('keeps a record good until the time is set again, also when the key is overwritten', () => {
    const world = new World();
    world.set('a', 'old', 2000);
    const ref = world.keyspace.find(rangeOf('a'), 0);
    world.set('b', 'other');
    world.keyspace.find(rangeOf('b'), 0);
    expect(Buffer.from(world.keyspace.valueView(ref)).toString()).toBe('old');
    expect(world.keyspace.deadlineOf(ref)).toBe(2000);
    expect(world.keyspace.valueLength(ref)).toBe(3);
    const target = Buffer.alloc(5);
    world.keyspace.copyValue(ref, target, 1);
    expect(target.toString('latin1')).toBe('\0old\0');
  });

  it('chooses at random, about fairly, and never what has expired', () => {
    const world = new World();
    for (let i = 0; i < 10; i++) world.set(`live ${i}`, 'x');
    for (let i = 0; i < 10; i++) world.set(`dead ${i}`, 'x', 1001);
    world.now = 1001;
    let seed = 1;
    world.draws = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const chosen = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      const name = Buffer.from(world.keyspace.keyView(world.keyspace.random())).toString();
      world.keyspace.forget();
      chosen.set(name, (chosen.get(name) ?? 0) + 1);
    }
    expect([...chosen.keys()].every((name) => name.startsWith('live'))).toBe(true);
    expect(chosen.size).toBe(10);
    for (const times of chosen.values()) expect(Math.abs(times - 500)).toBeLessThan(100);
  });

  it('finds a random key where hardly any is left, and none where there is none', () => {
    const world = new World();
    for (let i = 0; i < 5000; i++) world.set(`k${i}`, 'x');
    for (let i = 0; i < 5000; i++) if (i !== 4321) world.keyspace.remove(rangeOf(`k${i}`), 0);
    const ref = world.keyspace.random();
    expect(Buffer.from(world.keyspace.keyView(ref)).toString()).toBe('k4321');
    world.keyspace.remove(rangeOf('k4321'), 0);
    expect(world.keyspace.random()).toBe(0);
  });

  it('tells every write, deletion and expiry, and nothing else', () => {
    const world = new World();
    world.set('a', 'x', 1010);
    world.set('b', 'x');
    world.keyspace.setDeadline(rangeOf('b'), 0, 1010);
    world.keyspace.setDeadline(rangeOf('absent'), 0, 1010);
    world.keyspace.remove(rangeOf('absent'), 0);
    world.get('a');
    expect(world.changes).toBe(3);
    world.now = 1010;
    expect(world.keyspace.sweep(10)).toBe(2);
    expect([world.changes, world.expiries]).toStrictEqual([5, 2]);
  });
});
