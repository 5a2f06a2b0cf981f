/** The real process where the system ends: a full file system, a clock that jumps, a signal under load. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type KvClient } from '@kv/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { lineClient } from './strace.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
const logged = (dir: string) => [
  ...['--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
];

const MIB = 1024 * 1024;
const [libfaketime] = globSync('/usr/lib/*/faketime/libfaketime.so.1');

/** A file system of 1 MiB; `undefined` where nobody may make one. */
function smallFileSystem(): string | undefined {
  const directory = join(root, 'tmpfs');
  mkdirSync(directory);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
  return mount.status === 0 ? directory : undefined;
}

describe('a server on a file system of 1 MiB (skipped where it cannot be mounted)', () => {
  it('refuses writes when it is full, answers reads, goes on when there is room, and has lost nothing', async ({
    skip,
  }) => {
    const mounted = smallFileSystem();
    if (mounted === undefined) return skip();
    onTestFinished(() => {
      spawnSync('umount', [mounted]);
    });
    const filler = join(mounted, 'filler');
    writeFileSync(filler, new Uint8Array(MIB / 2));
    const kvd = await startKvdProcess(logged(join(mounted, 'data')));
    const answered: string[] = [];
    let client = await lineClient(kvd.port);
    let reply: string | undefined = '+OK';
    // Whoever waited for the write that failed is cut off; the next one is told why.
    for (let i = 0; !reply?.startsWith('-'); i++) {
      if (reply === undefined) client = await lineClient(kvd.port);
      reply = await client.ask(`SET key:${i} ${'v'.repeat(10_000)}`);
      if (reply === '+OK') answered.push(`key:${i}`);
    }
    expect(answered.length).toBeGreaterThan(20);
    expect(reply).toMatch(/^-MISCONF .*ENOSPC/);
    expect(await client.ask(`STRLEN ${answered[0]}`)).toBe(':10000');
    rmSync(filler);
    await expect.poll(() => client.ask('SET after room'), { timeout: 10_000 }).toBe('+OK');
    client.close();
    await kvd.kill('SIGKILL');
    await using again = await startKvdProcess(logged(join(mounted, 'data')));
    const reader = await lineClient(again.port);
    for (const key of [...answered, 'after']) expect(await reader.ask(`EXISTS ${key}`)).toBe(':1');
    reader.close();
  }, 30_000);
});

describe.skipIf(libfaketime === undefined)(
  'a server whose clock jumps (skipped where libfaketime is missing)',
  () => {
    it('has deadlines that follow the clock, goes on serving, and saves and stops as ever', async () => {
      const time = join(root, 'time');
      const jumpTo = (offset: string) => {
        writeFileSync(`${time}.new`, `${offset}\n`);
        renameSync(`${time}.new`, time);
      };
      jumpTo('+0');
      const dir = join(root, 'jumps');
      const kvd = await startKvdProcess(logged(dir), {
        LD_PRELOAD: libfaketime as string,
        FAKETIME_TIMESTAMP_FILE: time,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      });
      await using client = await connect({ port: kvd.port, reconnect: false });
      await client.setex('half an hour', 1800, 1);
      await client.setex('two hours', 7200, 2);
      jumpTo('+3600');
      expect(await client.mget('half an hour', 'two hours')).toStrictEqual([undefined, 2]);
      expect(await client.ttl('two hours')).toBeGreaterThan(3500);
      expect(await client.ttl('two hours')).toBeLessThan(3700);
      jumpTo('-3600');
      // What was seen expired stays gone; the other has two hours more.
      expect(await client.mget('half an hour', 'two hours')).toStrictEqual([undefined, 2]);
      expect(await client.ttl('two hours')).toBeGreaterThan(10_700);
      await client.setex('after', 10, 3);
      expect(await client.get('after')).toBe(3);
      expect(await client.save()).toBe('OK');
      const startedAt = performance.now();
      expect((await kvd.kill('SIGTERM')).code).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }, 20_000);
  },
);

describe('a server that is told to stop while clients write', () => {
  it('exits with 0 within five seconds, and everything that was answered is there', async () => {
    const dir = join(root, 'load');
    const kvd = await startKvdProcess(logged(dir));
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => connect({ port: kvd.port, reconnect: false })),
    );
    const answered = clients.map(() => 0);
    const count = async (client: KvClient, i: number): Promise<void> => {
      for (;;) answered[i] = Number(await client.incr(`counter:${i}`));
    };
    const counting = clients.map((client, i) => count(client, i).catch(() => undefined));
    await expect.poll(() => Math.min(...answered)).toBeGreaterThan(50);
    const startedAt = performance.now();
    kvd.child.kill('SIGTERM');
    kvd.child.kill('SIGTERM');
    expect((await kvd.kill('SIGTERM')).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await Promise.all(counting);
    await Promise.all(clients.map((client) => client.close()));
    await using again = await startKvdProcess(logged(dir));
    await using reader = await connect({ port: again.port, reconnect: false });
    for (const [i, last] of answered.entries())
      expect(Number(await reader.get(`counter:${i}`))).toBeGreaterThanOrEqual(last);
  }, 20_000);
});
