import { connect, type Key } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';

const { clock, kvd, client } = await kvdWithClient();

describe('an entry with a deadline', () => {
  it('is there until the millisecond before, and gone at the deadline', async () => {
    await client.setex('k', 5, 'v');
    clock.advance(4999);
    expect(await client.get('k')).toBe('v');
    expect(await client.pttl('k')).toBe(1);
    clock.advance(1);
    expect(await client.get('k')).toBeUndefined();
    expect(await client.exists('k')).toBe(0);
    expect(await client.ttl('k')).toBe(-2);
    expect(await client.type('k')).toBe('none');
    expect(await client.delete('k')).toBe(0);
  });

  it('is absent for every command once it is expired', async () => {
    await client.psetex('k', 1, 'v');
    clock.advance(1);
    expect(await client.keys('*')).toStrictEqual([]);
    expect(await client.randomkey()).toBeUndefined();
    expect(await client.persist('k')).toBe(0);
    expect(await client.expire('k', 10)).toBe(0);
    expect(await client.append('k', 'x')).toBe(1);
    expect(await client.ttl('k')).toBe(-1);
  });

  it('loses the deadline with PERSIST', async () => {
    await client.setex('k', 5, 'v');
    expect(await client.persist('k')).toBe(1);
    expect(await client.persist('k')).toBe(0);
    clock.advance(10_000);
    expect(await client.get('k')).toBe('v');
  });

  it('rounds its TTL in seconds to the nearest', async () => {
    await client.psetex('k', 1499, 'v');
    expect(await client.ttl('k')).toBe(1);
    await client.psetex('k', 1500, 'v');
    expect(await client.ttl('k')).toBe(2);
  });
});

describe('EXPIRE', () => {
  it('obeys NX, XX, GT and LT; no TTL counts as for ever', async () => {
    await client.set('k', 1);
    expect(await client.expire('k', 10, { xx: true })).toBe(0);
    expect(await client.expire('k', 10, { gt: true })).toBe(0);
    expect(await client.expire('k', 10, { nx: true })).toBe(1);
    expect(await client.expire('k', 20, { nx: true })).toBe(0);
    expect(await client.expire('k', 5, { gt: true })).toBe(0);
    expect(await client.expire('k', 20, { gt: true })).toBe(1);
    expect(await client.expire('k', 30, { lt: true })).toBe(0);
    expect(await client.expire('k', 15, { lt: true, xx: true })).toBe(1);
    expect(await client.ttl('k')).toBe(15);
    await expect(client.expire('k', 1, { nx: true, gt: true })).rejects.toMatchObject({
      code: 'REPLY',
    });
  });

  it('takes deadlines as well as TTLs', async () => {
    await client.set('k', 1);
    expect(await client.pexpireat('k', clock.now() + 1234)).toBe(1);
    expect(await client.pttl('k')).toBe(1234);
    expect(await client.expireat('k', Math.floor(clock.now() / 1000) + 9)).toBe(1);
    expect(await client.ttl('k')).toBe(9);
    expect(await client.expire('absent', 9)).toBe(0);
  });
});

describe('SCAN', () => {
  it('gives every key that stays exactly once, while others come and go', async () => {
    const stays = Array.from({ length: 500 }, (_, i) => `stays:${i}`);
    await client.setMany(stays.map((key) => [key, 1]));
    await client.setMany(Array.from({ length: 500 }, (_, i) => [`goes:${i}`, 1] as const));
    const seen: Key[] = [];
    let cursor = '0';
    let round = 0;
    do {
      const [next, keys] = await client.execute('SCAN', cursor, 'COUNT', 37, 'MATCH', 'stays:*');
      seen.push(...keys);
      const [first = '', ...others] = Array.from(
        { length: 20 },
        (_, i) => `goes:${round * 20 + i}`,
      );
      await client.delete(first, ...others);
      await client.setMany(Array.from({ length: 30 }, (_, i) => [`new:${round}:${i}`, 1] as const));
      cursor = next;
      round++;
    } while (cursor !== '0');
    expect([...seen].sort()).toStrictEqual([...stays].sort());
  });

  it('is an async iterable in the client', async () => {
    await client.setMany(Array.from({ length: 250 }, (_, i) => [`k:${i}`, i] as const));
    const keys: Key[] = [];
    for await (const key of client.scan({ match: 'k:1*', count: 10 })) keys.push(key);
    expect(new Set(keys).size).toBe(111);
  });

  it('filters by type', async () => {
    await client.set('k', 1);
    expect((await client.execute('SCAN', '0', 'TYPE', 'string'))[1]).toStrictEqual(['k']);
    expect((await client.execute('SCAN', '0', 'TYPE', 'hash'))[1]).toStrictEqual([]);
  });

  const refused: readonly (readonly [string, ...unknown[]])[] = [
    ['x'],
    ['-1'],
    ['0', 'COUNT', 0],
    ['0', 'COUNT', 'x'],
    ['0', 'MATCH'],
  ];

  it.each(refused.map((args) => [args] as const))('refuses %j', async (args) => {
    await expect(client.execute('SCAN', ...args)).rejects.toMatchObject({
      code: 'REPLY',
      replyCode: 'ERR',
    });
  });
});

describe('KEYS', () => {
  it('matches glob patterns', async () => {
    await client.mset('one', 1, 'two', 2, 'three', 3, 'four', 4);
    expect((await client.keys('t*')).sort()).toStrictEqual(['three', 'two']);
    expect((await client.keys('?o*')).sort()).toStrictEqual(['four']);
    expect((await client.keys('[^t]*')).sort()).toStrictEqual(['four', 'one']);
  });

  it('goes on in slices, so that another client is answered meanwhile', async () => {
    const pairs = Array.from({ length: 20_000 }, (_, i) => [`k:${i}`, i] as const);
    await client.setMany(pairs);
    await using other = await connect(kvd.url);
    const order: string[] = [];
    await Promise.all([
      client.keys('*').then((keys) => order.push(`keys ${keys.length}`)),
      other.ping().then(() => order.push('ping')),
    ]);
    expect(order).toStrictEqual(['ping', 'keys 20000']);
  });
});

describe('databases', () => {
  it('are sixteen, each with keys of its own', async () => {
    await using third = await connect({ url: kvd.url, database: 3 });
    await client.set('k', 'in 0');
    await third.set('k', 'in 3');
    expect(await client.get('k')).toBe('in 0');
    expect(await third.dbsize()).toBe(1);
    expect(await third.flush()).toBe(1);
    expect(await client.dbsize()).toBe(1);
    await expect(client.select(16)).rejects.toMatchObject({ replyCode: 'ERR' });
    await expect(client.select(-1)).rejects.toMatchObject({ replyCode: 'ERR' });
  });
});

describe('RANDOMKEY', () => {
  it('is undefined in an empty database, and any key otherwise', async () => {
    expect(await client.randomkey()).toBeUndefined();
    await client.mset('a', 1, 'b', 2);
    const seen = new Set<unknown>();
    for (let i = 0; i < 100; i++) seen.add(await client.randomkey());
    expect([...seen].sort()).toStrictEqual(['a', 'b']);
  });
});
