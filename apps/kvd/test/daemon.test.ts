import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { afterAll, describe, expect, it } from 'vitest';
import { runKvd, startKvdProcess } from './kvd-process.ts';
import { RawConnection, requestBytes } from './raw-connection.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
let directories = 0;
const directory = () => join(root, String(directories++));

describe('kvd', () => {
  it('listens, answers, and at SIGTERM saves and exits with 0', async () => {
    const dir = directory();
    const kvd = await startKvdProcess(['--dir', dir]);
    expect(kvd.addresses).toStrictEqual([`127.0.0.1:${kvd.port}`]);
    await using client = await connect({ port: kvd.port, reconnect: false });
    await client.set('k', { a: 1 });
    expect((await kvd.kill('SIGTERM')).code).toBe(0);
    const again = await startKvdProcess(['--dir', dir]);
    await using reader = await connect({ port: again.port, reconnect: false });
    expect(await reader.get('k')).toStrictEqual({ a: 1 });
    expect((await again.kill('SIGINT')).code).toBe(0);
  });

  it('does not save at SIGTERM with --save ""', async () => {
    const dir = directory();
    const kvd = await startKvdProcess(['--dir', dir, '--save', '']);
    await using client = await connect({ port: kvd.port, reconnect: false });
    await client.set('k', 1);
    expect((await kvd.kill('SIGTERM')).code).toBe(0);
    expect(() => readFileSync(join(dir, 'snapshot.kv'))).toThrow();
  });

  it('survives a second signal while it stops, and exits within five seconds under load', async () => {
    const dir = directory();
    const kvd = await startKvdProcess(['--dir', dir]);
    const client = await connect({ port: kvd.port, reconnect: false });
    let acknowledged = 0;
    const load = (async () => {
      for (let i = 1; ; i++) {
        await client.set('counter', i);
        acknowledged = i;
      }
    })().catch(() => {});
    await expect.poll(() => acknowledged).toBeGreaterThan(100);
    const startedAt = performance.now();
    kvd.child.kill('SIGTERM');
    kvd.child.kill('SIGTERM');
    expect((await kvd.kill('SIGINT')).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await load;
    await client.close();
    const again = await startKvdProcess(['--dir', dir]);
    await using reader = await connect({ port: again.port, reconnect: false });
    expect(await reader.get('counter')).toBeGreaterThanOrEqual(acknowledged);
    await again.kill('SIGTERM');
  });

  it('stops at SHUTDOWN, with or without a last save', async () => {
    for (const [options, saved] of [
      [{ save: true }, true],
      [{ nosave: true }, false],
    ] as const) {
      const dir = directory();
      const kvd = await startKvdProcess(['--dir', dir]);
      const client = await connect({ port: kvd.port, reconnect: false });
      await client.set('k', 1);
      await client.shutdown(options);
      await expect.poll(() => kvd.child.exitCode).toBe(0);
      await client.close();
      expect(await fileExists(join(dir, 'snapshot.kv'))).toBe(saved);
    }
  });

  it('goes on when a save fails, and says so to whoever asked, in INFO and in its log', async () => {
    const dir = directory();
    const kvd = await startKvdProcess(['--dir', dir]);
    await using client = await connect({ port: kvd.port, reconnect: false });
    await client.set('k', 1);
    // The name is taken by a directory that is not empty: the rename must fail.
    mkdirSync(join(dir, 'snapshot.kv', 'in the way'), { recursive: true });
    await expect(client.save()).rejects.toMatchObject({ code: 'REPLY' });
    expect(await client.info('persistence')).toMatch(/rdb_last_bgsave_status:err/);
    expect(await client.get('k')).toBe(1);
    const ended = await kvd.kill('SIGKILL');
    expect(ended.stdout).toContain('save failed');
  });
});

async function fileExists(path: string): Promise<boolean> {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

describe('kvd refuses to start', () => {
  it('on a port in use, with 71', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    afterAll(() => void blocker.close());
    const { port } = blocker.address() as { port: number };
    const ended = await runKvd(['--dir', directory(), '--port', String(port)]);
    expect(ended.code).toBe(71);
    expect(ended.stderr).toContain(String(port));
  });

  it('on a damaged snapshot, naming the block, with 65', async () => {
    const dir = directory();
    const kvd = await startKvdProcess(['--dir', dir]);
    const client = await connect({ port: kvd.port, reconnect: false });
    await client.set('k', 'v'.repeat(1000));
    await client.close();
    await kvd.kill('SIGTERM');
    const path = join(dir, 'snapshot.kv');
    const bytes = readFileSync(path);
    bytes[300] = (bytes[300] as number) ^ 4;
    writeFileSync(path, bytes);
    const ended = await runKvd(['--dir', dir, '--port', '0']);
    expect(ended.code).toBe(65);
    expect(ended.stderr).toMatch(/block 0/);
    expect(readFileSync(path)).toStrictEqual(bytes);
  });

  it('on a data directory that cannot be made, with 74', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    const ended = await runKvd(['--dir', join(file, 'data'), '--port', '0']);
    expect(ended.code).toBe(74);
    expect(ended.stderr).toContain(file);
  });

  it.skipIf(process.getuid?.() === 0)('on a directory that it may not write, with 77', async () => {
    const dir = directory();
    mkdirSync(dir);
    chmodSync(dir, 0o500);
    const ended = await runKvd(['--dir', dir, '--port', '0']);
    expect(ended.code).toBe(77);
  });

  it.runIf(process.platform === 'linux')('where no file can be made, with 77 or 74', async () => {
    const ended = await runKvd(['--dir', '/proc/kvd', '--port', '0']);
    expect([74, 77]).toContain(ended.code);
  });
});

describe('kvd listens', () => {
  it('on several addresses, IPv6 and a Unix socket at once', async () => {
    const socket = join(root, 'kvd.sock');
    const kvd = await startKvdProcess([
      ...['--dir', directory(), '--bind', '127.0.0.1 127.0.0.2 -::1'],
      ...['--unixsocket', socket],
    ]);
    expect(kvd.addresses).toContain(`127.0.0.2:${kvd.port}`);
    expect(kvd.addresses).toContain(socket);
    for (const address of kvd.addresses) {
      const url = address === socket ? `kv+unix://${socket}` : `kv://${address}`;
      await using client = await connect({ url, reconnect: false });
      expect(await client.ping()).toBe('PONG');
    }
    expect((await kvd.kill('SIGTERM')).code).toBe(0);
  });

  it('and answers LOADING or the right value, never a wrong one, while a snapshot loads', async () => {
    const dir = directory();
    const kvd = await startKvdProcess(['--dir', dir]);
    const client = await connect({ port: kvd.port, reconnect: false, timeoutMs: 30_000 });
    for (let i = 0; i < 10; i++)
      await client.setMany(Array.from({ length: 20_000 }, (_, j) => [`k:${i}:${j}`, j] as const));
    await client.close();
    await kvd.kill('SIGTERM');
    const { port } = await freePort();
    const again = startKvdProcess(['--dir', dir, '--port', String(port)]);
    let refused = 0;
    for (;;) {
      const raw = await RawConnection.open(port).catch(() => undefined);
      if (raw === undefined) continue;
      raw.send(requestBytes(['HELLO', 1], ['GET', 'k:9:19999']));
      await raw.next();
      const { kind, body } = await raw.next();
      raw.close();
      if (kind === 2) {
        expect(body).toBe(19_999);
        break;
      }
      expect((body as string[])[0]).toBe('LOADING');
      refused++;
    }
    expect(refused).toBeGreaterThan(0);
    await (await again).kill('SIGTERM');
  });
});

async function freePort(): Promise<{ port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return { port };
}
