import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvd } from '../src/index.ts';
import { runKvd, startKvdProcess } from './kvd-process.ts';
import { MovableClock } from './movable-clock.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
let directories = 0;
const directory = () => join(root, String(directories++));
const logFiles = (dir: string) => readdirSync(join(dir, 'appendonlydir')).sort();

/** Starts a daemon with a log and a client. */
async function started(dir: string, args: readonly string[] = []) {
  const kvd = await startKvdProcess(['--dir', dir, '--save', '', '--appendonly', 'yes', ...args]);
  const client = await connect({ port: kvd.port, reconnect: false });
  return { kvd, client };
}

async function persistence(client: { info(section: string): Promise<string> }) {
  const lines = (await client.info('persistence')).split('\r\n');
  return Object.fromEntries(lines.map((line) => line.split(':') as [string, string]));
}

describe('a server with an append-only log', () => {
  it('has databases back that were exchanged, and transactions whole', async () => {
    const dir = directory();
    const { kvd, client } = await started(dir, ['--appendfsync', 'always']);
    await using other = await connect({ port: kvd.port, database: 3 });
    await client.set('here', 'zero');
    await other.set('here', 'three');
    await client.execute('SWAPDB', 0, 3);
    await client.execute('MULTI');
    await client.execute('SET', 'one', 1);
    await client.execute('SET', 'two', 2);
    await client.execute('EXEC');
    await kvd.kill('SIGKILL');
    await client.close();
    const again = await started(dir);
    await using third = await connect({ port: again.kvd.port, database: 3 });
    expect(await again.client.mget('here', 'one', 'two')).toEqual(['three', 1, 2]);
    expect(await third.mget('here', 'one')).toEqual(['zero', undefined]);
    await again.client.close();
    await again.kvd.kill('SIGTERM');
  });

  it('has everything back after a crash: values, deadlines, removals, databases', async () => {
    const dir = directory();
    const { kvd, client } = await started(dir, ['--appendfsync', 'always']);
    await client.set('user', { name: 'Alice', tags: new Set(['a']) });
    await client.set(Uint8Array.of(0, 255), 'x'.repeat(600_000));
    await client.setex('short', 1, 'soon gone');
    await client.setex('long', 100, 'stays');
    await client.expire('long', 1000);
    await client.setex('kept', 1, 'for good');
    await client.persist('kept');
    await client.set('gone', 1);
    await client.delete('gone');
    await client.incr('counter');
    await client.append('user:name', 'Al');
    await client.append('user:name', 'ice');
    await using other = await connect({ port: kvd.port, database: 3 });
    await other.set('flushed', 1);
    await other.flush();
    await other.setMany([
      ['a', 1n],
      ['b', 2],
    ]);
    await kvd.kill('SIGKILL');
    await client.close();
    // A second later, by the clock of the next server.
    const told: string[] = [];
    const ignore = () => {};
    const log = {
      debug: ignore,
      info: (_: object, message: string) => told.push(message),
      warn: ignore,
      error: ignore,
    };
    const clock = { now: () => Date.now() + 1_000 };
    await using again = await startKvd({ dir, appendonly: true, clock, log });
    await using found = await connect(again.url);
    expect(told).toContain('append-only log loaded');
    expect(await found.get('user')).toStrictEqual({ name: 'Alice', tags: new Set(['a']) });
    expect(await found.get(Uint8Array.of(0, 255))).toBe('x'.repeat(600_000));
    expect(await found.get('short')).toBeUndefined();
    expect(await found.ttl('long')).toBeGreaterThan(900);
    expect(await found.get('kept')).toBe('for good');
    expect(await found.get('gone')).toBeUndefined();
    expect(await found.get('counter')).toBe(1);
    expect(await found.get('user:name')).toBe('Alice');
    await using third = await connect({ port: again.port, database: 3 });
    expect(await third.mget('a', 'b', 'flushed')).toStrictEqual([1n, 2, undefined]);
  });

  it.each(['everysec', 'no'])('with %s has everything back after SIGTERM', async (policy) => {
    const dir = directory();
    const { kvd, client } = await started(dir, ['--appendfsync', policy]);
    await client.setMany(Array.from({ length: 1_000 }, (_, i) => [`key:${i}`, i] as const));
    const ended = kvd.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    await client.close();
    expect(existsSync(join(dir, 'snapshot.kv'))).toBe(false);
    const again = await started(dir);
    expect(await again.client.dbsize()).toBe(1_000);
    // It was closed in good order: nothing had to be cut off.
    expect(again.kvd.log.some(({ msg }) => msg.startsWith('cut off'))).toBe(false);
    await again.client.close();
    await again.kvd.kill('SIGKILL');
  });

  it('begins with the snapshot where there is one, and never empty', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect(kvd.url);
      await client.set('before', 'the log');
      await client.save();
    }
    {
      await using kvd = await startKvd({ dir, appendonly: true });
      await using client = await connect(kvd.url);
      expect(await client.get('before')).toBe('the log');
      await client.set('with', 'the log');
    }
    await using kvd = await startKvd({ dir, appendonly: true });
    await using client = await connect(kvd.url);
    expect(await client.mget('before', 'with')).toStrictEqual(['the log', 'the log']);
  });

  it('is what is loaded also when no log is to be kept any more, and a snapshot takes its place', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir, appendonly: true });
      await using client = await connect(kvd.url);
      await client.save();
      await client.set('newer', 'than the snapshot');
    }
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect(kvd.url);
      expect(await client.get('newer')).toBe('than the snapshot');
      expect(await persistence(client)).toMatchObject({ aof_enabled: '0' });
      expect(logFiles(dir)).toStrictEqual(['manifest']);
    }
    await using kvd = await startKvd({ dir });
    await using client = await connect(kvd.url);
    expect(await client.get('newer')).toBe('than the snapshot');
  });

  it('is begun and ended by CONFIG SET, and nothing is lost', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect(kvd.url);
      await client.set('a', 1);
      await client.configSet('appendonly', 'yes');
      await expect.poll(async () => (await persistence(client)).aof_enabled).toBe('1');
      await client.set('b', 2);
    }
    {
      await using kvd = await startKvd({ dir, appendonly: true });
      await using client = await connect(kvd.url);
      expect(await client.mget('a', 'b')).toStrictEqual([1, 2]);
      await client.set('c', 3);
      await client.configSet('appendonly', 'no');
      await expect.poll(async () => (await persistence(client)).aof_enabled).toBe('0');
    }
    await using kvd = await startKvd({ dir });
    await using client = await connect(kvd.url);
    expect(await client.mget('a', 'b', 'c')).toStrictEqual([1, 2, 3]);
  });

  it('is rewritten by BGREWRITEAOF, while it is written, and by itself when it has grown', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir, appendonly: true });
      await using client = await connect(kvd.url);
      for (let i = 0; i < 20; i++)
        await client.setMany(Array.from({ length: 500 }, (_, j) => [`key:${j}`, i] as const));
      const before = Number((await persistence(client)).aof_current_size);
      expect(await client.bgrewriteaof()).toBe('Background append only file rewriting started');
      const [refused] = await Promise.allSettled([client.bgrewriteaof(), client.set('during', 1)]);
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'REPLY' } });
      await expect
        .poll(async () => Number((await persistence(client)).aof_current_size))
        .toBeLessThan(before / 5);
      expect(await persistence(client)).toMatchObject({
        aof_rewrite_in_progress: '0',
        aof_last_bgrewrite_status: 'ok',
        aof_last_rewrite_time_sec: '0',
      });
      await client.configSet('auto-aof-rewrite-min-size', '64kb');
      for (let i = 0; i < 20; i++)
        await client.setMany(Array.from({ length: 500 }, (_, j) => [`key:${j}`, -i] as const));
      await expect.poll(() => logFiles(dir)).not.toContain('base-2.kv');
    }
    await using kvd = await startKvd({ dir, appendonly: true });
    await using client = await connect(kvd.url);
    expect(await client.mget('key:0', 'key:499', 'during')).toStrictEqual([-19, -19, 1]);
  });

  it('goes on beside snapshots: one waits for the other', async () => {
    const dir = directory();
    await using kvd = await startKvd({ dir, appendonly: true });
    await using client = await connect({ url: kvd.url, timeoutMs: 20_000 });
    for (let i = 0; i < 10; i++)
      await client.setMany(Array.from({ length: 10_000 }, (_, j) => [`k:${i}:${j}`, 'x'] as const));
    await client.bgrewriteaof();
    expect(await client.save()).toBe('OK');
    await client.bgsave();
    await client.bgrewriteaof();
    await expect
      .poll(async () => await persistence(client), { timeout: 10_000 })
      .toMatchObject({ rdb_bgsave_in_progress: '0', aof_rewrite_in_progress: '0' });
    expect(await persistence(client)).toMatchObject({
      rdb_last_bgsave_status: 'ok',
      aof_last_bgrewrite_status: 'ok',
    });
  });

  it('does not need the clock: what has expired is gone, and what has not is there', async () => {
    const dir = directory();
    const clock = new MovableClock();
    {
      await using kvd = await startKvd({ dir, clock, appendonly: true });
      await using client = await connect(kvd.url);
      await client.setex('short', 10, 1);
      await client.setex('longer', 10, 2);
      await client.expire('longer', 100);
    }
    clock.advance(50_000);
    await using kvd = await startKvd({ dir, clock, appendonly: true });
    await using client = await connect(kvd.url);
    expect(await client.mget('short', 'longer')).toStrictEqual([undefined, 2]);
  });

  it('answers WAITAOF when everything is on disk', async () => {
    const dir = directory();
    await using kvd = await startKvd({ dir, appendonly: true, appendfsync: 'no' });
    await using client = await connect(kvd.url);
    await client.set('a', 1);
    expect(await client.waitaof(1, 0, 0)).toStrictEqual([1, 0]);
    expect(await client.waitaof(1, 1, 20)).toStrictEqual([1, 0]);
    await expect(client.waitaof(2, 0, 0)).rejects.toMatchObject({ code: 'REPLY' });
    await using plain = await startKvd();
    await using other = await connect(plain.url);
    await expect(other.waitaof(1, 0, 0)).rejects.toMatchObject({ code: 'REPLY' });
    expect(await other.waitaof(0, 0, 0)).toStrictEqual([0, 0]);
  });

  it('ends a wait when another client says so, with what there is or with an error', async () => {
    await using kvd = await startKvd();
    await using other = await connect(kvd.url);
    for (const [reason, outcome] of [
      [undefined, { status: 'fulfilled', value: [0, 0] }],
      ['ERROR', { status: 'rejected', reason: { message: expect.stringContaining('UNBLOCK') } }],
    ] as const) {
      await using waiting = await connect(kvd.url);
      const id = await waiting.clientId();
      expect(await other.clientUnblock(id)).toBe(0);
      // There is no replica that could answer, and no limit in time.
      const waited = Promise.allSettled([waiting.waitaof(0, 1, 0)]);
      await expect.poll(() => other.clientUnblock(id, reason)).toBe(1);
      expect(await waited).toMatchObject([outcome]);
      expect(await waiting.ping()).toBe('PONG');
    }
  });

  it('needs a directory', async () => {
    await expect(startKvd({ appendonly: true })).rejects.toMatchObject({ code: 'CONFIG' });
  });
});

describe('a damaged log', () => {
  it('is refused with the file, the byte and what to do, also when no log is to be kept', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir, appendonly: true });
      await using client = await connect(kvd.url);
      await client.set('a', 1);
      await client.set('b', 2);
    }
    const path = join(dir, 'appendonlydir', 'segment-1.kvlog');
    const content = readFileSync(path);
    writeFileSync(path, content.with(60, (content[60] as number) ^ 1));
    for (const appendonly of ['yes', 'no']) {
      const { code, stderr } = await runKvd([
        '--dir',
        dir,
        '--port',
        '0',
        '--appendonly',
        appendonly,
      ]);
      expect(code).toBe(65);
      expect(stderr).toContain(`the log is damaged in ${path} at byte 40`);
      expect(stderr).toContain('restore the directory appendonlydir from a backup');
    }
    expect(readFileSync(path)).toStrictEqual(
      Buffer.from(content.with(60, (content[60] as number) ^ 1)),
    );
  });

  it('with a torn tail is loaded, and it is told how much was cut off', async () => {
    const dir = directory();
    const { kvd, client } = await started(dir, ['--appendfsync', 'always']);
    await client.set('a', 1);
    await client.set('b', 2);
    await kvd.kill('SIGKILL');
    await client.close();
    const path = join(dir, 'appendonlydir', 'segment-1.kvlog');
    const content = readFileSync(path);
    const room = content.findLastIndex((byte) => byte !== 0xff) + 1;
    writeFileSync(path, content.subarray(0, room - 10));
    const again = await started(dir);
    expect(again.kvd.log).toContainEqual(
      expect.objectContaining({ path, byteOffset: expect.any(Number), bytes: expect.any(Number) }),
    );
    expect(await again.client.mget('a', 'b')).toStrictEqual([1, undefined]);
    await again.client.close();
    await again.kvd.kill('SIGKILL');
  });
});
