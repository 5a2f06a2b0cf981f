import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/start.ts';

let now = Date.now();
let kvd: Kvd;

beforeAll(async () => {
  kvd = await startKvd({ clock: { now: () => now }, password: 'secret' });
});
afterAll(() => kvd.close());

describe.each([2, 3] as const)('node-redis over RESP%i', (RESP) => {
  it('signs in, writes, reads, expires, scans and pipelines', async () => {
    const errors: unknown[] = [];
    const client = createClient({
      url: `redis://:secret@127.0.0.1:${kvd.port}/1`,
      RESP,
      name: 'a-client',
    });
    client.on('error', (error) => errors.push(error));
    await client.connect();
    expect(await client.ping()).toBe('PONG');
    expect(await client.set('user', 'Ada', { expiration: { type: 'EX', value: 10 } })).toBe('OK');
    expect(await client.set('user', 'Bob', { condition: 'NX' })).toBeNull();
    expect(await client.get('user')).toBe('Ada');
    expect(await client.ttl('user')).toBe(10);
    now += 10_000;
    expect(await client.get('user')).toBeNull();
    expect(await client.incrBy('counter', 41)).toBe(41);
    expect(await Promise.all([client.incr('counter'), client.decr('counter')])).toEqual([42, 41]);
    expect(await client.mSet({ a: '1', b: '2' })).toBe('OK');
    expect(await client.mGet(['a', 'x', 'b'])).toEqual(['1', null, '2']);
    const keys: string[] = [];
    for await (const page of client.scanIterator({ MATCH: '?', COUNT: 1 })) keys.push(...page);
    expect(keys.sort()).toEqual(['a', 'b']);
    expect(await client.clientInfo()).toMatchObject({ name: 'a-client', db: 1, resp: RESP });
    expect(await client.configGet('maxclients')).toMatchObject({ maxclients: '10000' });
    expect(await client.info('server')).toContain('redis_version:7.0.15');
    expect(await client.exists(['a', 'b', 'x'])).toBe(2);
    expect(await client.del(['a', 'b', 'counter'])).toBe(3);
    await client.set('big', '9223372036854775807');
    await expect(client.incr('big')).rejects.toThrow(/would overflow/);
    expect(await client.getDel('big')).toBe('9223372036854775807');
    await expect(client.sendCommand(['NO-SUCH'])).rejects.toThrow(/unknown command 'NO-SUCH'/);
    await client.close();
    expect(errors).toEqual([]);
  });

  it('is refused with a wrong password', async () => {
    const client = createClient({
      url: `redis://:wrong@127.0.0.1:${kvd.port}`,
      RESP,
      socket: { reconnectStrategy: false },
    });
    client.on('error', () => {});
    await expect(client.connect()).rejects.toThrow(/WRONGPASS/);
    client.destroy();
  });
});

describe.each([false, true])('ioredis, auto-pipelining %s', (enableAutoPipelining) => {
  it('signs in, writes, reads, expires, scans and pipelines', async () => {
    const client = new Redis({
      port: kvd.port,
      host: '127.0.0.1',
      password: 'secret',
      db: 2,
      connectionName: 'another',
      enableAutoPipelining,
    });
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    expect(await client.ping()).toBe('PONG');
    expect(await client.set('user', 'Ada', 'PX', 5000, 'NX')).toBe('OK');
    expect(await client.getBuffer('user')).toEqual(Buffer.from('Ada'));
    expect(await client.pttl('user')).toBe(5000);
    now += 5000;
    expect(await client.get('user')).toBeNull();
    const replies = await client.pipeline().set('a', 1).incr('a').get('a').strlen('a').exec();
    expect(replies).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, '2'],
      [null, 1],
    ]);
    expect(await Promise.all([client.get('a'), client.get('b'), client.mget('a', 'b')])).toEqual([
      '2',
      null,
      ['2', null],
    ]);
    const keys: string[] = [];
    for await (const page of client.scanStream({ match: 'a*' })) keys.push(...(page as string[]));
    expect(keys).toEqual(['a']);
    expect(await client.client('GETNAME')).toBe('another');
    const bytes = Buffer.from([0, 255, 13, 10, 36]);
    await client.set(bytes, bytes);
    expect(await client.getBuffer(bytes)).toEqual(bytes);
    await expect(client.call('NO-SUCH')).rejects.toThrow(/unknown command/);
    expect(await client.del('a', bytes)).toBe(2);
    await client.quit();
    expect(errors).toEqual([]);
  });
});
