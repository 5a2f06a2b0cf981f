// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
import { describe, expect, it } from 'vitest';
import { Random } from '../conformance/random.ts';
import { HASH_MAX } from './half-sip-hash.ts';
import { HashIndex } from './hash-index.ts';
import { checkIndex } from './invariants.ts';
import { randomRef } from './random-ref.ts';

/** An index, and a list that says what should be in it. */
class Indexed {
  readonly index: HashIndex;
  readonly entries: { readonly hash: number; readonly ref: number }[] = [];
  private last = 0;

  constructor(index = new HashIndex()) {
    this.index = index;
  }

  insert(hash: number): void {
    // Every other ref is negative, as those beyond 2^31 are.
    const ref = ++this.last & 1 ? this.last : -this.last;
    this.index.insert(hash, ref);
    this.entries.push({ hash, ref });
  }

  /** Removes the entry at a place of the list. */
  remove(at: number): void {
    const { hash, ref } = this.entries[at] as { hash: number; ref: number };
    this.entries[at] = this.entries.at(-1) as { hash: number; ref: number };
    this.entries.pop();
    this.index.remove(hash, ref);
  }

  removeAll(): void {
    while (this.entries.length > 0) this.remove(this.entries.length - 1);
  }

  check(): void {
    expect(checkIndex(this.index)).toBe(this.index.bytes);
    expect(this.index.size).toBe(this.entries.length);
    for (const { hash, ref } of this.entries)
      if (this.index.placeOf(hash, ref) < 0) throw new Error(`hash ${hash} is not found`);
  }

  /** All refs by a walk in steps, and their hashes in the order of the walk. */
  walked(count: number, from = 0): number[] {
    const hashes = new Map(this.entries.map(({ hash, ref }) => [ref, hash]));
    const seen: number[] = [];
    const refs = new Set<number>();
    let cursor = from;
    do {
      cursor = this.index.walk(cursor, count, (ref) => {
        seen.push(hashes.get(ref) as number);
        refs.add(ref);
      });
    } while (cursor !== 0);
    expect(refs.size).toBe(seen.length);
    return seen;
  }
}

const chunksIn = (index: HashIndex) => index.chunks.filter(({ length }) => length > 0).length;

describe('HashIndex', () => {
  for (const seed of [1, 2, 3]) {
    it(`does what a list does, with hashes from everywhere (seed ${seed})`, () => {
      const random = new Random(seed);
      const indexed = new Indexed();
      for (let round = 0; round < 60_000; round++) {
        const grows = round % 20_000 < 14_000;
        if (random.below(10) < (grows ? 9 : 2)) indexed.insert(random.below(2 ** 31));
        else if (indexed.entries.length > 0) indexed.remove(random.below(indexed.entries.length));
        if (round % 10_000 === 0) indexed.check();
      }
      indexed.check();
      indexed.removeAll();
      indexed.check();
    });

    it(`does what a list does, with few hashes, many of them equal (seed ${seed})`, () => {
      const random = new Random(seed);
      const indexed = new Indexed();
      const hashes = Array.from({ length: 60 }, () => 0x12345000 + random.below(200));
      for (let round = 0; round < 20_000; round++) {
        if (random.below(10) < (round < 10_000 ? 6 : 4))
          indexed.insert(hashes[random.below(hashes.length)] as number);
        else if (indexed.entries.length > 0) indexed.remove(random.below(indexed.entries.length));
        if (round % 4000 === 0) indexed.check();
      }
      indexed.check();
    });
  }

  it('splits to depth 10 and more where hashes crowd, and merges back to one table', () => {
    const random = new Random(4);
    const indexed = new Indexed();
    for (let i = 0; i < 20_000; i++) indexed.insert(0x40000000 + random.below(2 ** 18));
    expect(indexed.index.depth).toBeGreaterThanOrEqual(10);
    expect(indexed.index.directory.length).toBeGreaterThanOrEqual(1024);
    indexed.check();
    indexed.removeAll();
    indexed.check();
    expect(indexed.index.depth).toBe(0);
    expect(indexed.index.directory.length).toBe(1);
  });

  it('gives the chunks of its tables back when it shrinks, and takes new ones', () => {
    const random = new Random(5);
    const indexed = new Indexed();
    const before = indexed.index.bytes;
    for (let again = 0; again < 2; again++) {
      for (let i = 0; i < 1_000_000; i++) indexed.insert(random.below(2 ** 31));
      expect(chunksIn(indexed.index)).toBeGreaterThan(1);
      indexed.removeAll();
      expect(chunksIn(indexed.index)).toBe(1);
      expect(indexed.index.bytes).toBeLessThan(before * 1.01);
      checkIndex(indexed.index);
    }
  });

  it('changes its version with every insertion, after which what was absent may be there', () => {
    const indexed = new Indexed();
    const versions = new Set([indexed.index.version]);
    for (let i = 0; i < 5000; i++) {
      indexed.insert(i * 1000);
      versions.add(indexed.index.version);
    }
    expect(versions.size).toBe(5001);
    for (let i = 0; i < 4000; i++) indexed.remove(0);
    expect(versions.has(indexed.index.version)).toBe(true);
  });

  it('is as new after clear, in the memory of one chunk', () => {
    const indexed = new Indexed();
    for (let i = 0; i < 1_000_000; i++) indexed.insert((i * 2143) % HASH_MAX);
    indexed.index.clear();
    indexed.entries.length = 0;
    indexed.check();
    expect(chunksIn(indexed.index)).toBe(1);
    for (let i = 0; i < 20_000; i++) indexed.insert((i * 104_729) % HASH_MAX);
    indexed.check();
  });

  it('is walked in the order of hashes, complete from every cursor', () => {
    const random = new Random(6);
    const indexed = new Indexed();
    for (let i = 0; i < 6000; i++) indexed.insert(random.below(2 ** 31));
    for (let i = 0; i < 500; i++) indexed.insert(1000 + random.below(20));
    for (const edge of [0, 0, HASH_MAX, HASH_MAX, 2 ** 30, 2 ** 30 - 1]) indexed.insert(edge);
    const sorted = indexed.entries.map(({ hash }) => hash).sort((a, b) => a - b);
    for (const count of [1, 2, 7, 100, 1e6]) expect(indexed.walked(count)).toEqual(sorted);
    const cursors = [1, 1000, 1001, 1019, 2 ** 30 - 1, 2 ** 30, HASH_MAX, sorted[3000] as number];
    for (const from of [...cursors, ...cursors.map((c) => Math.min(c + 1, HASH_MAX))]) {
      const rest = sorted.filter((hash) => hash >= from);
      expect(indexed.walked(50, from), `from ${from}`).toEqual(rest);
    }
  });

  it('draws every entry about as often, across tables of different depth and dropped ones', () => {
    const random = new Random(7);
    const indexed = new Indexed();
    for (let i = 0; i < 20_000; i++) indexed.insert(random.below(2 ** (random.oneIn(2) ? 31 : 26)));
    while (indexed.entries.length > 500) indexed.remove(random.below(indexed.entries.length));
    const drawn = new Map<number, number>();
    const rounds = 50_000;
    for (let i = 0; i < rounds; i++) {
      const ref = randomRef(
        indexed.index,
        () => random.below(2 ** 31) / 2 ** 31,
        () => true,
      );
      drawn.set(ref, (drawn.get(ref) ?? 0) + 1);
    }
    const mean = rounds / 500;
    let chiSquare = 0;
    for (const { ref } of indexed.entries) chiSquare += ((drawn.get(ref) ?? 0) - mean) ** 2 / mean;
    // 499 degrees of freedom: a deviation of 31.6; five of them.
    expect(chiSquare).toBeLessThan(499 + 5 * 31.6);
  });

  it('draws only what is wanted, also when that is one of many, or none', () => {
    const indexed = new Indexed();
    for (let i = 1; i <= 5000; i++) indexed.insert(i * 4001);
    const one = indexed.entries[4321]?.ref as number;
    expect(randomRef(indexed.index, Math.random, (ref) => ref === one)).toBe(one);
    expect(randomRef(indexed.index, Math.random, () => false)).toBe(0);
    expect(randomRef(new HashIndex(), Math.random, () => true)).toBe(0);
  });

  it('takes entries in the order of their hashes when it has room for all of them', () => {
    const random = new Random(9);
    const indexed = new Indexed();
    for (let i = 0; i < 5000; i++) indexed.insert(random.below(2 ** 31));
    const hashes = Array.from({ length: 60_000 }, () => random.below(2 ** 31));
    indexed.index.reserve(indexed.entries.length + hashes.length);
    indexed.check();
    const reserved = indexed.index.bytes;
    for (const hash of hashes.sort((a, b) => a - b)) indexed.insert(hash);
    indexed.check();
    // A table more than others was filled up, if any.
    expect(indexed.index.bytes).toBeLessThan(reserved * 1.2);
  });

  it('adds an entry where its hash is new, and says where it is not', () => {
    const indexed = new Indexed();
    const added = new Set<number>();
    for (const hash of [0, 7, 7, HASH_MAX, 0, HASH_MAX, 6, 8, 7]) {
      const { version } = indexed.index;
      const ref = indexed.entries.length + 1;
      expect(indexed.index.insertNew(hash, ref)).toBe(!added.has(hash));
      expect(indexed.index.version !== version).toBe(!added.has(hash));
      if (added.has(hash)) continue;
      added.add(hash);
      indexed.entries.push({ hash, ref });
    }
    for (let i = 1; i < 20_000; i++) {
      const hash = i * 100_003;
      const ref = indexed.entries.length + 1;
      expect(indexed.index.insertNew(hash, ref)).toBe(true);
      indexed.entries.push({ hash, ref });
    }
    indexed.check();
  });

  it('splits when the run at the end of a table has filled the room behind it', () => {
    const indexed = new Indexed();
    // All at home in the last slot of the one table, and in different halves when it is split.
    for (let i = 0; i < 1000; i++) indexed.insert(HASH_MAX - i * 500);
    indexed.check();
    expect(indexed.index.depth).toBeGreaterThan(0);
  });

  it('takes thousands of equal hashes, and refuses more without losing any', () => {
    for (const hash of [0x2aaaaaaa, HASH_MAX, 0]) {
      const indexed = new Indexed();
      for (let i = 0; i < 500; i++) indexed.insert((i * 4_000_037) % HASH_MAX);
      let refused: unknown;
      while (refused === undefined && indexed.entries.length < 10_000) {
        try {
          indexed.insert(hash);
        } catch (error) {
          refused = error;
        }
      }
      expect((refused as { code?: string }).code).toBe('OUT_OF_MEMORY');
      indexed.check();
      indexed.insert(hash ^ 0x20000000);
      indexed.removeAll();
      indexed.check();
    }
  });

  it('refuses an entry whose table finds no memory, and has not changed', () => {
    let left = 1;
    const allocate = (bytes: number) => {
      if (left-- <= 0) throw new RangeError('no memory');
      return new ArrayBuffer(bytes);
    };
    const indexed = new Indexed(new HashIndex(allocate));
    const random = new Random(8);
    const fill = () => {
      for (let i = 0; i < 1_500_000; i++) indexed.insert(random.below(2 ** 31));
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    indexed.check();
    expect(randomRef(indexed.index, Math.random, () => true)).not.toBe(0);
    left = 100;
    for (let i = 0; i < 100_000; i++) indexed.insert(random.below(2 ** 31));
    indexed.check();
  });
});
