import { describe, expect, expectTypeOf, it } from 'vitest';
import { describeExpiringStore } from '../conformance/expiring-suite.ts';
import { ManualClock } from '../conformance/manual-clock.ts';
import type { ExpiringStore } from '../expiring-store.ts';
import { startSweeping } from '../sweeping.ts';
import { ByteKeyValueStore, type ValueCodec } from './byte-key-value-store.ts';
import { byteKeys } from './key-kind.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const json: ValueCodec<{ n: number }> = {
  encode: (value) => encoder.encode(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(decoder.decode(bytes)),
};

describeExpiringStore<Uint8Array>({ describe, it }, 'ByteKeyValueStore of bytes', {
  create: ({ clock }) => new ByteKeyValueStore({ clock }),
  value: (n) => encoder.encode(`value ${n}`),
  equal: (a, b) => Buffer.compare(a, b) === 0,
});

describeExpiringStore({ describe, it }, 'ByteKeyValueStore with a JSON codec', {
  create: ({ clock }) => new ByteKeyValueStore({ clock, codec: json }),
  value: (n) => ({ n }),
  equal: (a, b) => a.n === b.n,
});

describe('ByteKeyValueStore', () => {
  it('has the interface of an ExpiringStore when its keys are strings', () => {
    expectTypeOf(new ByteKeyValueStore()).toExtend<ExpiringStore<Uint8Array>>();
    expectTypeOf(new ByteKeyValueStore({ codec: json })).toExtend<ExpiringStore<{ n: number }>>();
    const keys = [...new ByteKeyValueStore({ keys: byteKeys }).keys()];
    expectTypeOf(keys).toEqualTypeOf<Uint8Array[]>();
  });

  it('answers copies: neither what was stored nor what was answered is shared', () => {
    const store = new ByteKeyValueStore();
    const value = Uint8Array.of(1, 2, 3);
    store.set('a', value);
    value[0] = 9;
    const got = store.get('a') as Uint8Array;
    got[1] = 9;
    expect(store.get('a')).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('lets a codec use one buffer for all values', () => {
    const buffer = new Uint8Array(1);
    const codec: ValueCodec<number> = {
      encode: (n) => {
        buffer[0] = n;
        return buffer;
      },
      decode: (bytes) => bytes[0] as number,
    };
    const store = new ByteKeyValueStore({ codec });
    store.setMany([
      ['a', 1],
      ['b', 2],
    ]);
    expect(store.getMany(['a', 'b', 'c'])).toEqual([1, 2, undefined]);
  });

  it('takes any bytes for a key with byteKeys, and strings as their UTF-8', () => {
    const store = new ByteKeyValueStore({ keys: byteKeys });
    const keys = [[], [0], [0, 0], [0xff, 0xfe], [0xed, 0xa0, 0x80]].map((k) => Uint8Array.from(k));
    for (const [i, key] of keys.entries()) store.set(key, Uint8Array.of(i));
    for (const [i, key] of keys.entries()) expect(store.get(key)).toEqual(Uint8Array.of(i));
    store.set('clé', Uint8Array.of(7));
    expect(store.get(encoder.encode('clé'))).toEqual(Uint8Array.of(7));
    const hex = [...store.keys()].map((key) => Buffer.from(key).toString('hex')).sort();
    expect(hex).toEqual(['', '00', '0000', '636cc3a9', 'eda080', 'fffe']);
    expect(() => store.get(5 as unknown as string)).toThrow(
      expect.objectContaining({ code: 'INVALID_KEY' }),
    );
  });

  it('tells keys apart that UTF-8 with replacement would not: it refuses half of a pair', () => {
    for (const store of [new ByteKeyValueStore(), new ByteKeyValueStore({ keys: byteKeys })]) {
      store.set('\ufffd', Uint8Array.of(1));
      store.set('\u{1F511}', Uint8Array.of(2));
      for (const key of ['\ud83d', 'a\udd11b'])
        expect(() => store.get(key)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    }
    const store = new ByteKeyValueStore();
    store.set('\ufeffbom', Uint8Array.of(1));
    expect([...store.keys()]).toEqual(['\ufeffbom']);
  });

  it('refuses a value that is not bytes, or is not encoded to bytes', () => {
    const store = new ByteKeyValueStore();
    const refused = expect.objectContaining({ code: 'INVALID_VALUE' });
    expect(() => store.set('a', 'text' as unknown as Uint8Array)).toThrow(refused);
    expect(store.size).toBe(0);
  });

  it('refuses a key over 1 MiB with TOO_LARGE, and says OUT_OF_MEMORY', () => {
    let left = 2;
    const allocate = (bytes: number) => {
      if (left-- <= 0) throw new RangeError('none');
      return new ArrayBuffer(bytes);
    };
    const store = new ByteKeyValueStore({ allocate });
    const key = 'k'.repeat(2 ** 20 + 1);
    expect(() => store.set(key, Uint8Array.of(1))).toThrow(
      expect.objectContaining({ name: 'ByteStoreError', code: 'TOO_LARGE' }),
    );
    store.set('a', Uint8Array.of(1));
    expect(() => store.set('a', new Uint8Array(300_000))).toThrow(
      expect.objectContaining({ name: 'ByteStoreError', code: 'OUT_OF_MEMORY' }),
    );
    expect(store.get('a')).toEqual(Uint8Array.of(1));
  });

  it('tells onExpire each expired entry once, just after its removal; it may change the store', () => {
    const clock = new ManualClock();
    const expired: [string, number, boolean][] = [];
    const store: ByteKeyValueStore<{ n: number }> = new ByteKeyValueStore({
      clock,
      codec: json,
      onExpire: (key, { n }) => {
        expired.push([key, n, store.has(key)]);
        if (n < 10) store.set(`${key}!`, { n: n + 10 });
      },
    });
    store.set('got', { n: 1 }, { ttlMs: 100 });
    store.set('swept', { n: 2 }, { ttlMs: 100 });
    store.set('overwritten', { n: 3 }, { ttlMs: 100 });
    store.set('deleted', { n: 4 });
    store.set('past', { n: 5 }, { deadline: 1 });
    clock.advance(100);
    expect(store.get('got')).toBeUndefined();
    store.set('overwritten', { n: 33 });
    store.delete('deleted');
    expect(store.sweep(Number.POSITIVE_INFINITY)).toBe(1);
    expect(expired).toEqual([
      ['past', 5, false],
      ['got', 1, false],
      ['overwritten', 3, true],
      ['swept', 2, false],
    ]);
    expect([...store.keys()].sort()).toEqual([
      'got!',
      'overwritten',
      'overwritten!',
      'past!',
      'swept!',
    ]);
  });

  it('can be swept by itself, and frozen', () => {
    const clock = new ManualClock();
    const store = new ByteKeyValueStore({ clock });
    store.set('a', Uint8Array.of(1), { ttlMs: 10 });
    store.set('b', Uint8Array.of(2));
    clock.advance(10);
    let tick = () => {};
    const timers = { setInterval: (run: () => void) => (tick = run), clearInterval: () => {} };
    using _ = startSweeping(store, { timers });
    tick();
    expect(store.size).toBe(1);
    const frozen = store.freeze();
    store.set('b', Uint8Array.of(3));
    expect([...frozen].map(({ value }) => value[0])).toEqual([2]);
    frozen.close();
  });

  it('visits what is present throughout exactly once while it grows a hundredfold', () => {
    const store = new ByteKeyValueStore();
    for (let n = 0; n < 1000; n++) store.set(`stays:${n}`, Uint8Array.of(1));
    const times = new Map<string, number>();
    let added = 0;
    for (const key of store.keys()) {
      times.set(key, (times.get(key) ?? 0) + 1);
      for (let i = 0; i < 100 && added < 100_000; i++)
        store.set(`new:${added++}`, Uint8Array.of(2));
    }
    for (let n = 0; n < 1000; n++) expect(times.get(`stays:${n}`)).toBe(1);
    for (const count of times.values()) expect(count).toBe(1);
    const before = store.usedBytes;
    store.clear();
    expect(store.usedBytes).toBeLessThan(before);
  });
});
