import { connect, type KvClient } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/index.ts';
import { MovableClock } from './movable-clock.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const HOUR = 3_600_000;

describe('startKvd', () => {
  it('runs any number of servers in one process, each with its own data', async () => {
    await using one = await startKvd();
    await using two = await startKvd({ bind: '::1' });
    await using first = await connect(one.url);
    await using second = await connect(two.url);
    expect(two.url).toBe(`kv://[::1]:${two.port}`);
    await first.set('k', 1);
    expect(await second.get('k')).toBeUndefined();
  });

  it('closes as often as it is asked to', async () => {
    let inner: Kvd;
    {
      await using kvd = await startKvd();
      inner = kvd;
      await Promise.all([kvd.close(), kvd.close({ save: false })]);
      await kvd.close();
    }
    await inner.close();
    await expect(connect({ port: inner.port, reconnect: false })).rejects.toMatchObject({
      code: 'CONNECT',
    });
  });

  it('has a URL with its password', async () => {
    await using kvd = await startKvd({ password: 'p@ss/:?#%' });
    await using client = await connect(kvd.url);
    expect(await client.ping()).toBe('PONG');
    await expect(connect({ port: kvd.port })).rejects.toMatchObject({ code: 'AUTH' });
  });

  it('refuses what the daemon would refuse', async () => {
    await expect(startKvd({ port: 70_000 })).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(startKvd({ bind: '0.0.0.0' })).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(startKvd({ databases: 0 })).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('takes nothing from the environment', async () => {
    process.env.KVD_REQUIREPASS = 'hush';
    try {
      await using kvd = await startKvd();
      await using client = await connect(kvd.url);
      expect(await client.ping()).toBe('PONG');
    } finally {
      delete process.env.KVD_REQUIREPASS;
    }
  });
});

const root = temporaryDirectory();

async function withClock(use: (clock: MovableClock, client: KvClient) => Promise<void>) {
  const clock = new MovableClock();
  await using kvd = await startKvd({ clock, dir: root });
  await using client = await connect(kvd.url);
  await client.flush();
  await use(clock, client);
}

describe('a clock that jumps', () => {
  it('forward by hours expires what is due, and hangs nothing', async () => {
    await withClock(async (clock, client) => {
      await client.set('short', 1, { ttlMs: HOUR });
      await client.set('long', 1, { ttlMs: 10 * HOUR });
      clock.advance(5 * HOUR);
      expect(await client.mget('short', 'long')).toStrictEqual([undefined, 1]);
      expect(await client.pttl('long')).toBe(5 * HOUR);
      expect(await client.save()).toBe('OK');
      expect(await client.lastsave()).toBe(Math.floor(clock.now() / 1000));
    });
  });

  it('back by hours makes what lives live longer, and brings nothing back', async () => {
    await withClock(async (clock, client) => {
      await client.set('gone', 1, { ttlMs: 1000 });
      await client.set('long', 1, { ttlMs: 2000 });
      clock.advance(1000);
      expect(await client.get('gone')).toBeUndefined();
      clock.advance(-2 * HOUR);
      expect(await client.get('gone')).toBeUndefined();
      expect(await client.pttl('long')).toBe(2 * HOUR + 1000);
      expect(await client.save()).toBe('OK');
      expect(await client.lastsave()).toBe(Math.floor(clock.now() / 1000));
      const [, uptime] = /uptime_in_seconds:(-?\d+)/.exec(await client.info('server')) ?? [];
      expect(uptime).toBe('0');
    });
  });
});

describe('INFO', () => {
  it('says what an operator asks, and what is true', async () => {
    await withClock(async (clock, client) => {
      await client.set('a', 1);
      await client.set('b', 1, { ttlMs: 1000 });
      await client.mget('a', 'absent');
      const facts = new Map(
        (await client.info())
          .split('\r\n')
          .map((line) => line.split(':', 2) as [string, string])
          .filter(([, value]) => value !== undefined),
      );
      expect(facts.get('db0')).toBe('keys=2,expires=1');
      expect(Number(facts.get('server_time_usec'))).toBe(clock.now() * 1000);
      expect(facts.get('process_id')).toBe(String(process.pid));
      expect(facts.get('connected_clients')).toBe('1');
      expect(facts.get('loading')).toBe('0');
      // A flush, two writes.
      expect(facts.get('rdb_changes_since_last_save')).toBe('3');
      expect(facts.get('rdb_last_bgsave_status')).toBe('ok');
      expect([facts.get('keyspace_hits'), facts.get('keyspace_misses')]).toStrictEqual(['1', '1']);
      clock.advance(1000);
      await client.get('b');
      expect(await client.info('stats')).toMatch(/expired_keys:1\r/);
    });
  });
});
