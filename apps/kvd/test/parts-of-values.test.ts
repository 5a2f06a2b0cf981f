import { connect } from '@kv/client';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';

const { kvd, client } = await kvdWithClient();

const wrongType = { code: 'REPLY', replyCode: 'WRONGTYPE' };

describe('GETRANGE and SETRANGE', () => {
  it('read and write parts of a value, and keep its TTL', async () => {
    await client.set('k', 'Hello World', { ttlMs: 5000 });
    expect(await client.getrange('k', 0, 4)).toBe('Hello');
    expect(await client.substr('k', -5, -1)).toBe('World');
    expect(await client.getrange('k', 5, 2)).toBe('');
    expect(await client.getrange('absent', 0, -1)).toBe('');
    expect(await client.setrange('k', 6, 'Redis')).toBe(11);
    expect(await client.get('k')).toBe('Hello Redis');
    expect(await client.pttl('k')).toBe(5000);
  });

  it('fill with zeros, and write nothing for nothing', async () => {
    expect(await client.setrange('k', 2, '')).toBe(0);
    expect(await client.exists('k')).toBe(0);
    expect(await client.setrange('k', 2, 'x')).toBe(3);
    expect(await client.getrange('k', 0, -1)).toBe('\0\0x');
    await expect(client.setrange('k', 2 ** 29, 'x')).rejects.toMatchObject({ replyCode: 'ERR' });
    await expect(client.setrange('k', -1, 'x')).rejects.toMatchObject({ replyCode: 'ERR' });
  });

  it('see a stored number as its digits and refuse other typed values', async () => {
    await client.set('n', 12_345);
    expect(await client.getrange('n', 1, 2)).toBe('23');
    expect(await client.setrange('n', 0, '9')).toBe(5);
    expect(await client.get('n')).toBe('92345');
    await client.set('m', new Map());
    await expect(client.getrange('m', 0, 1)).rejects.toMatchObject(wrongType);
    await expect(client.setrange('m', 0, 'x')).rejects.toMatchObject(wrongType);
  });

  it('turn text whose middle is cut into bytes', async () => {
    await client.set('k', 'é');
    expect(await client.getrange('k', 0, 0)).toStrictEqual(Uint8Array.of(0xc3));
    await client.setrange('k', 1, 'x');
    expect(await client.get('k')).toStrictEqual(Uint8Array.of(0xc3, 0x78));
  });
});

describe('bit commands', () => {
  it('set, read, count and find bits', async () => {
    expect(await client.setbit('b', 7, 1)).toBe(0);
    expect(await client.setbit('b', 7, 1)).toBe(1);
    expect(await client.setbit('b', 20, 1)).toBe(0);
    expect(await client.getbit('b', 7)).toBe(1);
    expect(await client.getbit('b', 10_000)).toBe(0);
    expect(await client.bitcount('b')).toBe(2);
    expect(await client.bitcount('b', 0, 0)).toBe(1);
    expect(await client.bitcount('b', 8, 20, { bit: true })).toBe(1);
    expect(await client.bitpos('b', 1)).toBe(7);
    expect(await client.bitpos('b', 1, 1)).toBe(20);
    expect(await client.bitpos('b', 0, 7, 7, { bit: true })).toBe(-1);
    expect(await client.get('b')).toStrictEqual(Uint8Array.of(1, 0, 0x08));
    await expect(client.setbit('b', 2 ** 32, 1)).rejects.toMatchObject({ replyCode: 'ERR' });
    await expect(client.setbit('b', 1, 2)).rejects.toMatchObject({ replyCode: 'ERR' });
  });

  it('combine values, and delete the destination for want of any', async () => {
    await client.set('a', 'abc');
    await client.set('b', 'AB');
    expect(await client.bitop('XOR', 'to', 'a', 'b')).toBe(3);
    expect(await client.get('to')).toStrictEqual(new TextEncoder().encode('  c'));
    expect(await client.bitop('NOT', 'to', 'b')).toBe(2);
    expect(await client.get('to')).toStrictEqual(Uint8Array.of(0xbe, 0xbd));
    expect(await client.bitop('AND', 'to', 'absent')).toBe(0);
    expect(await client.exists('to')).toBe(0);
    await expect(client.bitop('NOT', 'to', 'a', 'b')).rejects.toMatchObject({ replyCode: 'ERR' });
  });

  it('read and write integers of any width', async () => {
    const all = ['SET', 'i5', '#1', '-3', 'GET', 'u5', '#1', 'INCRBY', 'u63', '64', '10'] as const;
    expect(await client.bitfield('f', ...all)).toStrictEqual([0, 29, 10]);
    const fails = ['OVERFLOW', 'FAIL', 'INCRBY', 'u2', '100', '4', 'GET', 'u2', '100'] as const;
    expect(await client.bitfield('f', ...fails)).toStrictEqual([undefined, 0]);
    expect(await client.bitfieldRo('f', 'GET', 'i5', '#1')).toStrictEqual([-3]);
    await expect(client.bitfieldRo('f', 'SET', 'i5', '0', '1')).rejects.toMatchObject({
      replyCode: 'ERR',
    });
  });
});

describe('LCS', () => {
  it('answers the subsequence, its length, or where it is', async () => {
    await client.mset('a', 'ohmytext', 'b', 'mynewtext');
    expect(await client.lcs('a', 'b')).toBe('mytext');
    expect(await client.lcs('a', 'b', { len: true })).toBe(6);
    expect(await client.lcs('a', 'b', { idx: true, minmatchlen: 4, withmatchlen: true })).toEqual({
      matches: [[[4, 7], [5, 8], 4]],
      len: 6,
    });
    await expect(client.lcs('a', 'b', { len: true, idx: true })).rejects.toMatchObject({
      replyCode: 'ERR',
    });
  });

  it('goes on in slices, so that another client is answered meanwhile', async () => {
    await client.mset('a', 'x'.repeat(4000), 'b', 'y'.repeat(4000));
    await using other = await connect(kvd.url);
    const order: string[] = [];
    await Promise.all([
      client.lcs('a', 'b', { len: true }).then((length) => order.push(`lcs ${String(length)}`)),
      other.ping().then(() => order.push('ping')),
    ]);
    expect(order).toStrictEqual(['ping', 'lcs 0']);
  });
});

describe('node-redis', () => {
  it('finds these commands as Redis has them', async () => {
    const redis = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await redis.connect();
    await redis.set('s', 'ohmytext');
    expect(await redis.getRange('s', 0, 1)).toBe('oh');
    expect(await redis.setRange('s', 0, 'OH')).toBe(8);
    expect(await redis.getEx('s', { type: 'EX', value: 10 })).toBe('OHmytext');
    expect(await redis.ttl('s')).toBe(10);
    expect(await redis.setBit('bits', 3, 1)).toBe(0);
    expect(await redis.bitCount('bits')).toBe(1);
    expect(await redis.incrByFloat('f', 0.1)).toBe('0.1');
    expect(await redis.mSetNX({ s: '1', t: '2' })).toBe(0);
    expect(await redis.lcsLen('s', 'absent')).toBe(0);
    redis.destroy();
  });
});
