import { connect, type KvClient } from '@kv/client';
import { createClient, WatchError } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/index.ts';
import { MovableClock } from './movable-clock.ts';

const clock = new MovableClock();
let kvd: Kvd;
let client: KvClient;
let other: KvClient;
beforeAll(async () => {
  kvd = await startKvd({ clock });
  [client, other] = await Promise.all([connect(kvd.url), connect(kvd.url)]);
});
beforeEach(() => client.flushall());
afterAll(async () => {
  await Promise.all([client.close(), other.close()]);
  await kvd.close();
});

const refused = (replyCode: string) => ({ code: 'REPLY', replyCode });

describe('MULTI and EXEC', () => {
  it('execute what was queued, with its types, and nothing before', async () => {
    expect(await client.multi()).toBe('OK');
    expect(await client.execute<string>('SET', 'k', new Map([[1n, 'a']]))).toBe('QUEUED');
    expect(await client.execute<string>('GET', 'k')).toBe('QUEUED');
    expect(await other.get('k')).toBeUndefined();
    expect(await client.exec()).toStrictEqual([1, new Map([[1n, 'a']])]);
    await expect(client.exec()).rejects.toMatchObject(refused('ERR'));
  });

  it('go on behind an error, which stands in its place', async () => {
    await client.set('text', 'x');
    await client.multi();
    await client.execute('INCR', 'text');
    await client.execute('SET', 'k', 'v', 'EX', 'soon');
    await client.execute('SET', 'k', 'v');
    const [first, second, third] = (await client.exec()) as unknown[];
    expect([first, second, third]).toMatchObject([refused('ERR'), refused('ERR'), 1]);
    expect(await client.get('k')).toBe('v');
  });

  it('execute nothing when something could not be queued', async () => {
    for (const bad of ['NOSUCH', 'GET', 'SAVE', 'CLIENT']) {
      await client.multi();
      await client.execute('SET', 'k', 'v');
      await expect(client.execute<unknown>(bad)).rejects.toMatchObject(refused('ERR'));
      await expect(client.exec()).rejects.toMatchObject(refused('EXECABORT'));
      expect(await client.exists('k')).toBe(0);
    }
  });

  it('do at once what takes its time elsewhere', async () => {
    await client.setMany(Array.from({ length: 5000 }, (_, i) => [`k:${i}`, i] as const));
    await client.multi();
    await client.keys('k:*');
    await client.delmatch('k:1*');
    await client.dbsize();
    await client.bgsave();
    const [keys, deleted, left] = (await client.exec()) as [unknown[], number, number];
    expect([keys.length, deleted, left]).toStrictEqual([5000, 1111, 3889]);
  });

  it('are forgotten by DISCARD and RESET, and can not be nested', async () => {
    await client.multi();
    await expect(client.multi()).rejects.toMatchObject(refused('ERR'));
    await expect(client.watch('k')).rejects.toMatchObject(refused('ERR'));
    await client.execute('SET', 'k', 'v');
    expect(await client.discard()).toBe('OK');
    await expect(client.discard()).rejects.toMatchObject(refused('ERR'));
    expect(await client.exists('k')).toBe(0);
  });
});

describe('WATCH', () => {
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a write', () => other.set('k', 'same')],
    ['a TTL', () => other.expire('k', 5)],
    ['a deletion', () => other.delete('k')],
    ['another name', () => other.rename('k', 'l')],
    ['a flush', () => other.flushdb()],
    ['a swap', () => other.swapdb(0, 1)],
    ['expiry', async () => clock.advance(60_000)],
    ['its own client', () => client.set('k', 1)],
  ];

  it.each(changes)('notices %s', async (_name, change) => {
    await client.set('k', 'same', { ttlMs: 60_000 });
    await client.watch('k', 'x');
    await change();
    await client.multi();
    await client.execute('SET', 'x', 'never');
    expect(await client.exec()).toBeUndefined();
    expect(await client.exists('x')).toBe(0);
    // What was watched is forgotten.
    await client.multi();
    expect(await client.exec()).toStrictEqual([]);
  });

  const others: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['reads', () => other.get('k')],
    ['other keys', () => other.set('l', 1)],
    ['other databases', () => other.flushdb().then(() => other.select(0))],
    ['writes that are refused', () => other.set('k', 2, { if: 'absent' })],
    ['UNWATCH', () => other.set('k', 2).then(() => client.unwatch())],
  ];

  it.each(others)('lets pass %s', async (_name, act) => {
    await client.set('k', 1);
    await client.watch('k');
    await other.select(_name === 'other databases' ? 5 : 0);
    await act();
    await client.multi();
    expect(await client.exec()).toStrictEqual([]);
  });
});

describe('node-redis', () => {
  it('locks optimistically as its documentation shows, and tries again', async () => {
    const redis = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await redis.connect();
    await redis.set('balance', '1');
    let tries = 0;
    const raise = async (): Promise<unknown> => {
      await redis.watch('balance');
      const balance = Number(await redis.get('balance'));
      if (tries++ === 0) await other.set('balance', '10');
      try {
        return await redis
          .multi()
          .set('balance', String(balance + 1))
          .get('balance')
          .exec();
      } catch (error) {
        if (error instanceof WatchError) return raise();
        throw error;
      }
    };
    expect(await raise()).toEqual(['OK', '11']);
    expect(tries).toBe(2);
    redis.destroy();
  });
});
