import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvd } from '../src/index.ts';
import { gather, runHere, spawnKvd, startKvdProcess } from './kvd-process.ts';
import { writeLargeSnapshot } from './large-snapshot.ts';
import { RawConnection, requestBytes } from './raw-connection.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first connection that a server takes that is still loading. */
async function connected(port: number): Promise<RawConnection> {
  for (;;) {
    const raw = await RawConnection.open(port).catch(() => undefined);
    if (raw !== undefined) return raw;
  }
}

describe('kvd that is told to stop while it loads', async () => {
  const dir = join(root, 'loading');
  const path = await writeLargeSnapshot(dir, 2_000_000);

  it.each(['SIGTERM', 'SHUTDOWN'] as const)(
    'stops at once with 0, and leaves the snapshot alone: %s',
    { timeout: 30_000 },
    async (how) => {
      const before = statSync(path);
      const port = await freePort();
      const child = spawnKvd(['--dir', dir, '--port', String(port), '--log-format', 'json']);
      const output = gather(child);
      const closed = new Promise((resolve) => child.once('close', resolve));
      const raw = await connected(port);
      const startedAt = performance.now();
      if (how === 'SIGTERM') child.kill(how);
      else raw.send(requestBytes(['HELLO', 1], ['SHUTDOWN', 'SAVE']));
      expect(await closed).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(1000);
      raw.close();
      expect(output.stdout).not.toContain('snapshot loaded');
      expect(output.stdout).not.toContain('ready');
      expect(output.stderr).toBe('');
      const { mtimeMs, size } = statSync(path);
      expect([mtimeMs, size]).toStrictEqual([before.mtimeMs, before.size]);
    },
  );
});

describe('kvd that is told to stop', () => {
  it('while it saves loses nothing, also when it is told three times', async () => {
    const dir = join(root, 'saving');
    await writeLargeSnapshot(dir, 100_000);
    const kvd = await startKvdProcess(['--dir', dir]);
    const client = await connect({ port: kvd.port, reconnect: false });
    await client.set('before', 1);
    await client.bgsave();
    await client.set('during', 2);
    kvd.child.kill('SIGTERM');
    kvd.child.kill('SIGTERM');
    kvd.child.kill('SIGINT');
    expect((await kvd.kill('SIGHUP')).code).toBe(0);
    await client.close();
    await using again = await startKvd({ dir });
    await using reader = await connect(again.url);
    expect(await reader.mget('before', 'during')).toStrictEqual([1, 2]);
    expect(await reader.dbsize()).toBe(100_002);
  });

  it('finishes a save that was asked for, also without save points', async () => {
    const dir = join(root, 'asked');
    await writeLargeSnapshot(dir, 100_000);
    const kvd = await startKvdProcess(['--dir', dir, '--save', '']);
    const client = await connect({ port: kvd.port, reconnect: false });
    await client.set('before', 1);
    await client.bgsave();
    expect((await kvd.kill('SIGTERM')).code).toBe(0);
    await client.close();
    await using again = await startKvd({ dir });
    await using reader = await connect(again.url);
    expect(await reader.get('before')).toBe(1);
  });

  it('and can not save goes on; it stops when there is room, or at shutdown nosave', async () => {
    for (const way of ['room', 'nosave']) {
      const dir = join(root, way);
      const kvd = await startKvdProcess(['--dir', dir]);
      const client = await connect({ port: kvd.port, reconnect: false });
      await client.set('k', 1);
      // The name is taken by a directory that is not empty: the rename must fail.
      const inTheWay = join(dir, 'snapshot.kv');
      mkdirSync(join(inTheWay, 'x'), { recursive: true });
      kvd.child.kill('SIGTERM');
      await expect
        .poll(() => kvd.log.some(({ msg }) => msg.startsWith('still running')))
        .toBe(true);
      expect(await client.get('k')).toBe(1);
      await client.close();
      if (way === 'room') {
        rmSync(inTheWay, { recursive: true });
        expect((await kvd.kill('SIGTERM')).code).toBe(0);
        expect(readFileSync(inTheWay).length).toBeGreaterThan(0);
      } else {
        const failed = await runHere(['--port', String(kvd.port), 'shutdown']);
        expect(failed).toMatchObject({ code: 1, stdout: '' });
        const ended = await runHere(['--port', String(kvd.port), 'shutdown', 'nosave']);
        expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
        await expect.poll(() => kvd.child.exitCode).toBe(0);
      }
    }
  });
});

describe('kvd whose log nobody reads any more', () => {
  it('goes on serving, says so once, and still stops as it should', async () => {
    const dir = join(root, 'unread');
    const kvd = await startKvdProcess(['--dir', dir]);
    kvd.child.stdout?.destroy();
    await using client = await connect({ port: kvd.port, reconnect: false });
    for (let i = 0; i < 5; i++) {
      await client.set('k', i);
      expect(await client.save()).toBe('OK');
    }
    const ended = await kvd.kill('SIGTERM');
    expect(ended.code).toBe(0);
    expect(ended.stderr.match(/log can't be written/g)).toHaveLength(1);
  });

  it.runIf(process.platform === 'linux')('or whose log is on a full disk, too', async () => {
    const { openSync } = await import('node:fs');
    const port = await freePort();
    const args = ['--dir', join(root, 'full'), '--port', String(port)];
    const child = spawnKvd(args, {}, ['ignore', openSync('/dev/full', 'w'), 'pipe']);
    const output = gather(child);
    (await connected(port)).close();
    await using client = await connect({ port, reconnect: false });
    expect(await client.save()).toBe('OK');
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(output.stderr.match(/log can't be written/g)).toHaveLength(1);
  });
});
