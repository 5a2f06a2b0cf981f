// What operators look at, through clients that they use; MONITOR beside redis-server itself.
import { connect } from '@kv/client';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { startKvd } from '../src/index.ts';
import { kvdWithClient } from './kvd-with-client.ts';
import { RedisWithClock, redisVersion } from './oracle/redis-with-clock.ts';
import type { Words } from './oracle/script.ts';
import { ServerConnection } from './oracle/server-connection.ts';
import { RawConnection, requestBytes } from './raw-connection.ts';

const { clock, kvd, client } = await kvdWithClient({ debugCommand: true });

/** What a MONITOR sees of some commands, without times and ports, names in lower case. */
async function monitored(port: number, commands: readonly Words[]): Promise<string[]> {
  const monitor = await ServerConnection.open(port);
  const other = await ServerConnection.open(port);
  await monitor.exchange([['MONITOR']]);
  await other.exchange(commands);
  await other.exchange([['ECHO', 'end']]);
  const lines = await monitor.until('"end"');
  monitor.close();
  other.close();
  return lines.map((line) =>
    line
      .replace(/^\+\d+\.\d{6} \[(\d+) 127\.0\.0\.1:\d+\] "\w+"/, (_, db) => `[${db}]`)
      .replace(/\r\n$/, ''),
  );
}

const COMMANDS: readonly Words[] = [
  ['SET', 'k', 'a\x00\xff"\\\n\r\t\x07\b'],
  ['GET', 'k'],
  ['AUTH', 'secret'],
  ['HELLO', '3', 'AUTH', 'default', 'secret', 'SETNAME', 'me'],
  ['MULTI'],
  ['SET', 'k', 'within'],
  ['GET', 'k'],
  ['EXEC'],
  // Refused, or for administrators: not shown.
  ['GET'],
  ['NOSUCH'],
  ['CONFIG', 'SET', 'maxclients', '1000'],
  ['SELECT', '3'],
  ['OBJECT', 'ENCODING', 'k'],
];

describe('MONITOR', () => {
  it.skipIf(redisVersion() === undefined)(
    'shows what redis-server shows (skipped where it or libfaketime is not installed)',
    async () => {
      const redis = await RedisWithClock.start(clock.now());
      try {
        const ofKvd = await monitored(kvd.port, COMMANDS);
        expect(ofKvd).toEqual(await monitored(redis.port, COMMANDS));
        expect(ofKvd).toHaveLength(10);
      } finally {
        await redis.stop();
      }
    },
  );

  it('shows it to node-redis and natively, until the client resets', async () => {
    const monitor = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await monitor.connect();
    const lines: string[] = [];
    await monitor.monitor((line) => lines.push(String(line)));
    const native = await RawConnection.greeted(kvd.port);
    native.send(requestBytes(['MONITOR']));
    expect((await native.next()).body).toBe('OK');
    await client.set('k', { typed: [1n] });
    const { body } = await native.next();
    expect(body).toEqual([
      'monitor',
      expect.stringMatching(
        /^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "k" "\{\\"typed\\":\[1\]\}"$/,
      ),
    ]);
    expect(await client.clientList()).toMatch(/flags=O /);
    native.send(requestBytes(['RESET']));
    expect((await native.next()).body).toBe('RESET');
    await expect.poll(() => lines).toContain((body as string[])[1]);
    monitor.destroy();
    native.close();
  });
});

describe('SLOWLOG and LATENCY', () => {
  it('keep a command that stops the server, with what node-redis and the client show of it', async () => {
    await client.configSet('latency-monitor-threshold', 5);
    await client.debugSleep('0.012');
    const other = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await other.connect();
    const [entry] = (await other.sendCommand(['SLOWLOG', 'GET', '1'])) as unknown[][];
    expect(entry?.[3]).toEqual(['DEBUG', 'SLEEP', '0.012']);
    expect(entry?.[2]).toBeGreaterThanOrEqual(12_000);
    expect(await other.latencyLatest()).toEqual([
      ['command', Math.floor(clock.now() / 1000), expect.any(Number), expect.any(Number)],
    ]);
    other.destroy();
    await client.configSet('latency-monitor-threshold', 0);
  });

  it('keep what is done in slices, which nobody waits for', async () => {
    await client.configSet('slowlog-log-slower-than', 1);
    await client.slowlogReset();
    const pairs = Array.from({ length: 3000 }, (_, i) => [`many:${i}`, i]).flat();
    await client.mset(...(pairs as [string, number]));
    await client.keys('many:*');
    await client.configSet('slowlog-log-slower-than', 10_000);
    const entries = (await client.slowlogGet(-1)) as [number, number, number, string[]][];
    expect(entries.map(([, , , words]) => words.slice(0, 2))).toContainEqual(['KEYS', 'many:*']);
  });
});

describe('MEMORY', () => {
  it('tells what memory is used for', async () => {
    await client.set('k', 'v'.repeat(1000));
    const stats = await client.memoryStats();
    expect(stats).toMatchObject({ 'keys.count': 1 });
    expect(stats['dataset.bytes']).toBeGreaterThan(1000);
    expect(stats['peak.allocated']).toBeGreaterThanOrEqual(stats['total.allocated'] as number);
    expect(await client.memoryDoctor()).toContain('so little data');
    expect(await client.memoryMallocStats()).toMatch(/old_space: \d+ of \d+ bytes/);
    expect(await client.memoryPurge()).toBe('OK');
  });
});

describe('DEBUG', () => {
  it('lets tests hold expired entries back from being removed', async () => {
    await client.debugSetActiveExpire(0);
    await client.set('k', 1, { ttlMs: 10 });
    clock.advance(10);
    expect(await client.dbsize()).toBe(1);
    await client.debugSetActiveExpire(1);
    await expect.poll(() => client.dbsize()).toBe(0);
    await client.set('k', '12');
    expect(await client.debugObject('k')).toMatch(/encoding:int serializedlength:2 /);
    expect(await client.debugJmap()).toBe('OK');
    expect(await client.debugHelp()).toContain('SLEEP duration');
  });

  it('is refused unless it is allowed', async () => {
    await using other = await startKvd();
    await using guest = await connect(other.url);
    await expect(guest.debugSleep('0')).rejects.toThrow(/DEBUG command not allowed/);
  });
});
