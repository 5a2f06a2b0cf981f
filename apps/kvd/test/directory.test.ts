import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { DataDirectoryError, startKvd } from '../src/index.ts';
import { runKvd, startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();

describe('a data directory', () => {
  it('is for one kvd at a time: a second is refused with 71, and disturbs nothing', async () => {
    const dir = join(root, 'one');
    const kvd = await startKvdProcess(['--dir', dir]);
    await using client = await connect({ port: kvd.port, reconnect: false, timeoutMs: 20_000 });
    for (let i = 0; i < 10; i++)
      await client.setMany(Array.from({ length: 20_000 }, (_, j) => [`k:${i}:${j}`, j] as const));
    // A second one that got as far as tidying up would remove the file of this save.
    const saved = client.save();
    const second = await runKvd(['--dir', dir, '--port', '0']);
    expect(second.code).toBe(71);
    expect(second.stderr).toContain(`process ${kvd.child.pid}`);
    expect(second.stderr).toContain(dir);
    expect(await saved).toBe('OK');
    expect((await kvd.kill('SIGTERM')).code).toBe(0);
    expect(readdirSync(dir)).toStrictEqual(['snapshot.kv']);
  });

  it('is taken over from a kvd that was killed, with a line in the log', async () => {
    const dir = join(root, 'killed');
    const killed = await startKvdProcess(['--dir', dir]);
    await killed.kill('SIGKILL');
    expect(readdirSync(dir)).toStrictEqual(['kvd.lock']);
    const next = await startKvdProcess(['--dir', dir]);
    const line = next.log.find(({ level }) => level === 40);
    expect(line).toMatchObject({ dir, from: { pid: killed.child.pid } });
    expect((await next.kill('SIGTERM')).code).toBe(0);
    const third = await startKvdProcess(['--dir', dir]);
    expect(third.log.some(({ level }) => level === 40)).toBe(false);
    await third.kill('SIGTERM');
  });

  it('is for one startKvd at a time, and free when that one has closed', async () => {
    const dir = join(root, 'started');
    {
      await using first = await startKvd({ dir });
      await expect(startKvd({ dir })).rejects.toBeInstanceOf(DataDirectoryError);
      await using client = await connect(first.url);
      expect(await client.ping()).toBe('PONG');
    }
    await using again = await startKvd({ dir });
    expect(again.port).toBeGreaterThan(0);
  });

  it.skipIf(process.platform === 'win32')('and what is in it are for the owner only', async () => {
    const dir = join(root, 'private', 'data');
    await using kvd = await startKvd({ dir, save: '3600 1' });
    await using client = await connect(kvd.url);
    await client.save();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const file of ['snapshot.kv', 'kvd.lock'])
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
  });

  it('is given back when the start fails for another reason', async () => {
    const dir = join(root, 'failed');
    await using kvd = await startKvd();
    await expect(startKvd({ dir, port: kvd.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(readdirSync(dir)).toStrictEqual([]);
  });
});
