import { connect } from '@kv/client';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';

const { clock, kvd, client } = await kvdWithClient();

const value = { born: new Date(0), tags: new Set([1n]) };
const refused = (replyCode: string) => ({ code: 'REPLY', replyCode });

describe('RENAME and RENAMENX', () => {
  it('carry the value, its type and its TTL', async () => {
    await client.set('a', value, { ttlMs: 5000 });
    await client.set('b', 'old');
    expect(await client.rename('a', 'b')).toBe('OK');
    expect(await client.exists('a')).toBe(0);
    expect(await client.get('b')).toStrictEqual(value);
    expect(await client.pttl('b')).toBe(5000);
    await client.set('c', 1);
    expect(await client.renamenx('b', 'c')).toBe(0);
    expect(await client.renamenx('b', 'd')).toBe(1);
    expect(await client.rename('d', 'd')).toBe('OK');
    expect(await client.get('d')).toStrictEqual(value);
    await expect(client.rename('absent', 'x')).rejects.toMatchObject(refused('ERR'));
  });
});

describe('COPY, MOVE and SWAPDB', () => {
  it('copy within and between databases', async () => {
    await client.set('a', value, { ttlMs: 5000 });
    expect(await client.copy('a', 'b')).toBe(1);
    expect(await client.copy('a', 'b')).toBe(0);
    expect(await client.copy('a', 'b', { replace: true })).toBe(1);
    expect(await client.copy('a', 'a', { db: 3 })).toBe(1);
    await using third = await connect({ url: kvd.url, database: 3 });
    expect(await third.get('a')).toStrictEqual(value);
    expect(await third.pttl('a')).toBe(5000);
    await expect(client.copy('a', 'a')).rejects.toMatchObject(refused('ERR'));
    await expect(client.copy('a', 'b', { db: 16 })).rejects.toMatchObject(refused('ERR'));
  });

  it('move what is not there yet', async () => {
    await client.mset('a', 1, 'b', 2);
    await using first = await connect({ url: kvd.url, database: 1 });
    await first.set('b', 'kept');
    expect(await client.move('a', 1)).toBe(1);
    expect(await client.move('b', 1)).toBe(0);
    expect(await first.mget('a', 'b')).toStrictEqual([1, 'kept']);
    expect(await client.exists('a')).toBe(0);
    await expect(client.move('b', 0)).rejects.toMatchObject(refused('ERR'));
  });

  it('swap what connections see, whoever has selected it', async () => {
    await using first = await connect({ url: kvd.url, database: 1 });
    await client.set('k', 'in 0');
    await first.set('k', 'in 1', { ttlMs: 1000 });
    expect(await client.swapdb(0, 1)).toBe('OK');
    expect(await client.get('k')).toBe('in 1');
    expect(await first.get('k')).toBe('in 0');
    clock.advance(1000);
    expect(await client.dbsize()).toBeLessThanOrEqual(1);
    expect(await client.get('k')).toBeUndefined();
    await expect(client.swapdb(0, 99)).rejects.toMatchObject(refused('ERR'));
  });
});

describe('DUMP and RESTORE', () => {
  it('carry an entry with its type, and take a TTL or a deadline', async () => {
    await client.set('a', value);
    const payload = (await client.dump('a')) as Uint8Array;
    expect(await client.restore('b', 5000, payload)).toBe('OK');
    expect(await client.get('b')).toStrictEqual(value);
    expect(await client.pttl('b')).toBe(5000);
    await expect(client.restore('b', 0, payload)).rejects.toMatchObject(refused('BUSYKEY'));
    const at = clock.now() + 70;
    expect(await client.restore('b', at, payload, { replace: true, absttl: true })).toBe('OK');
    expect(await client.pexpiretime('b')).toBe(at);
    expect(await client.restore('b', 1, payload, { replace: true, absttl: true })).toBe('OK');
    expect(await client.exists('b')).toBe(0);
    expect(await client.dump('absent')).toBeUndefined();
  });

  it('refuse every payload with one byte changed, cut off or added', async () => {
    await client.set('a', 'some text');
    const payload = (await client.dump('a')) as Uint8Array;
    const damaged = Array.from(payload, (byte, i) => payload.with(i, byte ^ 0x10));
    damaged.push(payload.slice(0, -1), payload.slice(1), Uint8Array.of(...payload, 0));
    damaged.push(new Uint8Array(0), new Uint8Array(9));
    for (const bytes of damaged)
      await expect(client.restore('b', 0, bytes)).rejects.toMatchObject(refused('ERR'));
    expect(await client.exists('b')).toBe(0);
  });

  it('go through a Redis client', async () => {
    const redis = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await redis.connect();
    await redis.set('a', 'é');
    const { typeMapping: bytes } = { typeMapping: { 36: Buffer } };
    const payload = await redis.withTypeMapping(bytes).dump('a');
    await redis.sendCommand(['RESTORE', 'b', '0', payload as unknown as Buffer]);
    expect(await redis.get('b')).toBe('é');
    redis.destroy();
  });
});

describe('DELMATCH', () => {
  it('deletes what matches, in slices, so that another client is answered meanwhile', async () => {
    await client.setMany(Array.from({ length: 10_000 }, (_, i) => [`old:${i}`, i] as const));
    await client.setMany(Array.from({ length: 10_000 }, (_, i) => [`new:${i}`, i] as const));
    await using other = await connect(kvd.url);
    const order: string[] = [];
    await Promise.all([
      client.delmatch('old:*').then((deleted) => order.push(`deleted ${deleted}`)),
      other.ping().then(() => order.push('ping')),
    ]);
    expect(order).toStrictEqual(['ping', 'deleted 10000']);
    expect(await client.dbsize()).toBe(10_000);
    expect(await client.with({ prefix: 'new:' }).delmatch('1*')).toBe(1111);
  });
});

describe('what a key is told of', () => {
  it('EXPIRETIME and PEXPIRETIME tell the deadline', async () => {
    await client.set('k', 1, { deadline: clock.now() + 1499 });
    expect(await client.pexpiretime('k')).toBe(clock.now() + 1499);
    expect(await client.expiretime('k')).toBe(Math.round((clock.now() + 1499) / 1000));
    await client.persist('k');
    expect(await client.expiretime('k')).toBe(-1);
    expect(await client.pexpiretime('absent')).toBe(-2);
  });

  it('OBJECT tells the encoding that Redis would choose', async () => {
    await client.mset('int', '12', 'short', 'x', 'long', 'x'.repeat(45), 'typed', { a: 1 });
    const encodings = ['int', 'short', 'long', 'typed'].map((key) => client.objectEncoding(key));
    expect(await Promise.all(encodings)).toStrictEqual(['int', 'embstr', 'raw', 'embstr']);
    expect(await client.objectEncoding('absent')).toBeUndefined();
    expect(await client.objectRefcount('int')).toBe(1);
    expect(await client.objectFreq('absent')).toBeUndefined();
    await expect(client.objectFreq('int')).rejects.toMatchObject(refused('ERR'));
    await expect(client.objectIdletime('int')).rejects.toMatchObject(refused('ERR'));
    expect(await client.objectHelp()).toContain('ENCODING key');
  });

  it('OBJECT FREQ counts reads where eviction goes by use', async () => {
    await client.configSet('maxmemory-policy', 'allkeys-lfu', 'maxmemory', '100mb');
    await client.set('k', 1);
    expect(await client.objectFreq('k')).toBe(0);
    await client.get('k');
    await client.touch('k', 'absent');
    expect(await client.objectFreq('k')).toBe(2);
    await client.configSet('maxmemory-policy', 'noeviction', 'maxmemory', '0');
  });

  it('UNLINK deletes, FLUSHDB one database, FLUSHALL all', async () => {
    await using first = await connect({ url: kvd.url, database: 1 });
    await client.mset('a', 1, 'b', 2);
    await first.set('a', 1);
    expect(await client.unlink('a', 'x')).toBe(1);
    expect(await client.flushdb({ async: true })).toBe('OK');
    expect([await client.dbsize(), await first.dbsize()]).toStrictEqual([0, 1]);
    expect(await client.flushall({ sync: true })).toBe('OK');
    expect(await first.dbsize()).toBe(0);
  });
});
