import { createClient } from 'redis';
import { afterAll, describe, expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';

const { clock, kvd, client } = await kvdWithClient();
const respClient = () => createClient({ url: `redis://127.0.0.1:${kvd.port}`, RESP: 2 });
const redis = await respClient().connect();
afterAll(() => redis.destroy());

describe('SET with IFEQ, and DELIFEQ', () => {
  it('write and delete only what is equal, by value and type', async () => {
    expect(await client.execute('SET', 'k', 'b', 'IFEQ', 'a')).toBe(0);
    await client.set('k', 1);
    expect(await client.execute('SET', 'k', 2, 'IFEQ', '1')).toBe(0);
    expect(await client.execute('SET', 'k', 2, 'IFEQ', 1n)).toBe(1);
    expect(await client.execute('SET', 'k', { a: [1] }, 'IFEQ', 2)).toBe(1);
    expect(await client.execute('SET', 'k', 'x', 'IFEQ', { a: [1] }, 'GET')).toStrictEqual({
      a: [1],
    });
    expect(await client.delifeq('k', 'y')).toBe(0);
    expect(await client.delifeq('k', 'x')).toBe(1);
    expect(await client.delifeq('k', 'x')).toBe(0);
  });

  it('compare what a RESP client would be shown', async () => {
    await client.mset('n', 1.5, 'o', { a: 1 }, 't', 'text');
    const set = (key: string, to: string, from: string) =>
      redis.sendCommand(['SET', key, to, 'IFEQ', from]);
    expect(await set('n', 'x', '1.50')).toBeNull();
    expect(await set('n', 'x', '1.5')).toBe('OK');
    expect(await set('o', 'x', '{"a":1}')).toBe('OK');
    expect(await set('t', 'x', 'text')).toBe('OK');
    expect(await redis.sendCommand(['DELIFEQ', 't', 'x'])).toBe(1);
    await expect(redis.sendCommand(['SET', 'k', 'v', 'NX', 'IFEQ', 'v'])).rejects.toThrow('syntax');
  });
});

describe('MSETNX and MSETEX', () => {
  it('write all or nothing', async () => {
    expect(await client.msetnx('a', 1, 'b', 2)).toBe(1);
    expect(await client.msetnx('c', 1, 'b', 3)).toBe(0);
    expect(await client.exists('c')).toBe(0);
    expect(await client.msetex(2, 'a', 1, 'c', 2, 'XX')).toBe(0);
    expect(await client.msetex(2, 'c', 1, 'd', 2, 'NX', 'PX', 1000)).toBe(1);
    expect(await client.pttl('c')).toBe(1000);
    expect(await client.msetex(2, 'c', 5, 'a', 5, 'KEEPTTL')).toBe(1);
    expect(await client.pttl('c')).toBe(1000);
    expect(await client.mget('a', 'b', 'c', 'd')).toStrictEqual([5, 2, 5, 2]);
  });

  it.each([
    [0, 'a', 1],
    [2, 'a', 1],
    ['x', 'a', 1],
    [1, 'a', 1, 'b'],
    [1, 'a', 1, 'EX', 0],
    [1, 'a', 1, 'NX', 'XX'],
  ])('refuse what can not be: %j %j %j', async (...args) => {
    await expect(client.execute<number>('MSETEX', ...args)).rejects.toMatchObject({
      replyCode: 'ERR',
    });
    expect(await client.dbsize()).toBe(0);
  });

  it('tell their keys, and take the prefix of a view', async () => {
    const keys = await client.execute('COMMAND GETKEYS', 'MSETEX', '2', 'a', 1, 'b', 2, 'NX');
    expect(keys).toStrictEqual(['a', 'b']);
    await client.with({ prefix: 'p:' }).msetex(2, 'a', 'a', 'b', 'b', 'EX', 5);
    expect((await client.keys('*')).sort()).toStrictEqual(['p:a', 'p:b']);
  });
});

describe('GETEX', () => {
  it('reads and sets, keeps or removes the TTL', async () => {
    await client.set('k', { a: 1 });
    expect(await client.getex('k', { ex: 5 })).toStrictEqual({ a: 1 });
    expect(await client.getex('k')).toStrictEqual({ a: 1 });
    expect(await client.pttl('k')).toBe(5000);
    await client.getex('k', { persist: true });
    expect(await client.ttl('k')).toBe(-1);
    expect(await client.getex('k', { pxat: clock.now() - 1 })).toStrictEqual({ a: 1 });
    expect(await client.exists('k')).toBe(0);
    await expect(client.getex('k', { ex: 0 })).rejects.toMatchObject({ replyCode: 'ERR' });
  });
});

describe('INCRBYFLOAT', () => {
  it('adds decimals as people do, and leaves a number a number', async () => {
    await client.set('n', 0.1);
    expect(await client.incrbyfloat('n', 0.2)).toBe(0.3);
    expect(await client.get('n')).toBe(0.3);
    expect(await client.incrbyfloat('n', '0.7')).toBe(1);
    expect(await client.incrby('n', 1)).toBe(2);
    await client.set('t', '3.0e3', { ttlMs: 1000 });
    expect(await client.incrbyfloat('t', 200)).toBe(3200);
    expect(await client.get('t')).toBe('3200');
    expect(await client.pttl('t')).toBe(1000);
    for (const bad of ['x', '', Number.NaN, 'inf'])
      await expect(client.incrbyfloat('t', bad)).rejects.toMatchObject({ replyCode: 'ERR' });
  });
});

describe('INCREX', () => {
  it('counts and sets a TTL once: a rate limit in one step', async () => {
    const hit = () => client.increx('hits', { ubound: '2', ex: 60, enx: true });
    expect(await hit()).toStrictEqual([1, 1]);
    clock.advance(1000);
    expect(await hit()).toStrictEqual([2, 1]);
    expect(await hit()).toStrictEqual([2, 0]);
    expect(await client.pttl('hits')).toBe(59_000);
    clock.advance(59_000);
    expect(await hit()).toStrictEqual([1, 1]);
  });

  it('stops at a bound with SATURATE, also where 64 bits end', async () => {
    const options = { byint: 10, ubound: '25', saturate: true } as const;
    for (const expected of [10, 10, 5, 0])
      expect((await client.increx('n', options)) as unknown[]).toHaveProperty('1', expected);
    expect(await client.increx('n', { byint: -30, lbound: '0' })).toStrictEqual([25, 0]);
    await client.set('max', '9223372036854775807');
    expect(await client.increx('max')).toStrictEqual([9223372036854775807n, 0]);
  });

  it('counts by decimals, which RESP2 is told as text', async () => {
    expect(await client.increx('f', { byfloat: '0.1' })).toStrictEqual([0.1, 0.1]);
    expect(await redis.sendCommand(['INCREX', 'f', 'BYFLOAT', '0.2'])).toStrictEqual([
      '0.3',
      '0.2',
    ]);
    await client.set('s', 'x', { ttlMs: 5 });
    await expect(client.increx('s')).rejects.toMatchObject({ replyCode: 'ERR' });
    await expect(client.increx('f', { enx: true })).rejects.toMatchObject({ replyCode: 'ERR' });
    await expect(client.increx('f', { lbound: '3', ubound: '2' })).rejects.toMatchObject({
      replyCode: 'ERR',
    });
    await client.increx('f', { byfloat: '1', ex: 10 });
    await client.increx('f', { byfloat: '1', persist: true });
    expect(await client.ttl('f')).toBe(-1);
  });
});
