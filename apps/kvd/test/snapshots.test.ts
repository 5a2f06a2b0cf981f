import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvd } from '../src/index.ts';
import { MovableClock } from './movable-clock.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
let directories = 0;
const directory = () => join(root, String(directories++));

describe('a server with a data directory', () => {
  it('has everything back after SAVE and a restart: values, deadlines, databases', async () => {
    const dir = directory();
    const clock = new MovableClock();
    {
      await using kvd = await startKvd({ dir, clock });
      await using client = await connect(kvd.url);
      await client.set('user', { name: 'Alice', tags: new Set(['a']) });
      await client.set(Uint8Array.of(0, 255), Uint8Array.of(1));
      await client.setex('short', 5, 'soon gone');
      await client.setex('long', 100, 'stays');
      await using other = await connect({ url: kvd.url, database: 15 });
      await other.set('k', 2n);
      expect(await client.save()).toBe('OK');
    }
    clock.advance(5000);
    await using kvd = await startKvd({ dir, clock });
    await using client = await connect(kvd.url);
    expect(await client.get('user')).toStrictEqual({ name: 'Alice', tags: new Set(['a']) });
    expect(await client.get(Uint8Array.of(0, 255))).toStrictEqual(Uint8Array.of(1));
    expect(await client.get('short')).toBeUndefined();
    expect(await client.pttl('long')).toBe(95_000);
    expect(await client.dbsize()).toBe(3);
    await using other = await connect({ url: kvd.url, database: 15 });
    expect(await other.get('k')).toBe(2n);
  });

  it('tells LASTSAVE in Unix seconds: the start-up, then the last save that ended well', async () => {
    const clock = new MovableClock(1_700_000_000_999);
    await using kvd = await startKvd({ dir: directory(), clock });
    await using client = await connect(kvd.url);
    expect(await client.lastsave()).toBe(1_700_000_000);
    clock.advance(61_001);
    expect(await client.lastsave()).toBe(1_700_000_000);
    await client.save();
    expect(await client.lastsave()).toBe(1_700_000_062);
    clock.advance(10_000);
    expect(await client.bgsave()).toBe('Background save started');
    await expect.poll(() => client.lastsave()).toBe(1_700_000_072);
  });

  it('refuses writes after a save that failed, until one succeeds or it is told not to', async () => {
    const dir = directory();
    await using kvd = await startKvd({ dir, save: '3600 1' });
    await using client = await connect(kvd.url);
    await client.set('k', 1);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, 'not a directory');
    await expect(client.save()).rejects.toThrow('could not be');
    await expect(client.set('k', 2)).rejects.toMatchObject({ replyCode: 'MISCONF' });
    await expect(client.set('k', 2)).rejects.toThrow('stop-writes-on-bgsave-error');
    expect(await client.get('k')).toBe(1);
    await client.configSet('stop-writes-on-bgsave-error', 'no');
    expect(await client.set('k', 2)).toBe(1);
    await client.configSet('stop-writes-on-bgsave-error', 'yes');
    await expect(client.del('k')).rejects.toMatchObject({ replyCode: 'MISCONF' });
    rmSync(dir);
    mkdirSync(dir);
    await client.save();
    expect(await client.set('k', 3)).toBe(1);
  });

  it('goes on with writes after a SAVE that failed where nothing is saved by itself', async () => {
    const dir = directory();
    await using kvd = await startKvd({ dir });
    await using client = await connect(kvd.url);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, 'not a directory');
    await expect(client.save()).rejects.toThrow('could not be');
    expect(await client.set('k', 1)).toBe(1);
    rmSync(dir);
    mkdirSync(dir);
  });

  it('refuses SAVE and BGSAVE while a save is running', async () => {
    await using kvd = await startKvd({ dir: directory() });
    await using client = await connect({ url: kvd.url, timeoutMs: 20_000 });
    for (let i = 0; i < 10; i++)
      await client.setMany(Array.from({ length: 20_000 }, (_, j) => [`k:${i}:${j}`, 'x'] as const));
    const results = await Promise.allSettled([client.bgsave(), client.bgsave(), client.save()]);
    expect(results.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    await expect.poll(() => client.info('persistence')).toMatch(/rdb_bgsave_in_progress:0/);
    expect(await client.save()).toBe('OK');
  });

  it('goes on serving while it saves, and the save holds the moment at which it began', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect({ url: kvd.url, timeoutMs: 20_000 });
      const before = Array.from({ length: 50_000 }, (_, i) => [`k:${i}`, 'before'] as const);
      await client.setMany(before);
      const saved = client.save();
      await using other = await connect(kvd.url);
      await other.setMany(before.map(([key]) => [key, 'after'] as const));
      await other.set('new', 1);
      await saved;
      await kvd.close({ save: false });
    }
    await using kvd = await startKvd({ dir });
    await using client = await connect(kvd.url);
    expect(await client.dbsize()).toBe(50_000);
    expect(await client.get('k:0')).toBe('before');
    expect(await client.get('k:49999')).toBe('before');
  });

  it('does not bring back what was flushed while it saved', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect({ url: kvd.url, timeoutMs: 20_000 });
      await client.setMany(Array.from({ length: 100_000 }, (_, i) => [`k:${i}`, i] as const));
      await client.bgsave();
      expect(await client.flush()).toBe(100_000);
      await client.set('after', 1);
      expect(await client.save()).toBe('OK');
    }
    await using kvd = await startKvd({ dir });
    await using client = await connect(kvd.url);
    expect(await client.keys('*')).toStrictEqual(['after']);
  });

  it('saves when it closes if there are save points, and not otherwise', async () => {
    const [saving, forgetting] = [directory(), directory()];
    for (const [dir, save] of [
      [saving, '3600 1'],
      [forgetting, ''],
    ] as const) {
      await using kvd = await startKvd({ dir, save });
      await using client = await connect(kvd.url);
      await client.set('k', 1);
    }
    expect(readdirSync(saving)).toStrictEqual(['snapshot.kv']);
    expect(readdirSync(forgetting)).toStrictEqual([]);
  });

  it('saves by itself when a save point is met', async () => {
    const dir = directory();
    await using kvd = await startKvd({ dir, save: '1 3' });
    await using client = await connect(kvd.url);
    await client.mset('a', 1, 'b', 2, 'c', 3);
    await expect
      .poll(() => client.info('persistence'), { timeout: 5000 })
      .toMatch(/rdb_changes_since_last_save:0\r/);
    expect(readdirSync(dir)).toStrictEqual(['kvd.lock', 'snapshot.kv']);
  });

  it('refuses to start on a snapshot with a flipped bit, and leaves the file alone', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect(kvd.url);
      await client.set('k', 'v'.repeat(100));
      await client.save();
    }
    const path = join(dir, 'snapshot.kv');
    const bytes = readFileSync(path);
    bytes[120] = (bytes[120] as number) ^ 1;
    writeFileSync(path, bytes);
    await expect(startKvd({ dir })).rejects.toMatchObject({
      code: 'SNAPSHOT_DAMAGED',
      blockIndex: 0,
    });
    expect(readFileSync(path)).toStrictEqual(bytes);
  });

  it('refuses to start with fewer databases than the snapshot has', async () => {
    const dir = directory();
    {
      await using kvd = await startKvd({ dir });
      await using client = await connect({ url: kvd.url, database: 9 });
      await client.set('k', 1);
      await client.save();
    }
    await expect(startKvd({ dir, databases: 4 })).rejects.toMatchObject({
      cause: { code: 'DATABASE_RANGE' },
    });
  });
});

describe('a server without a data directory', () => {
  it('answers SAVE with an error, and starts empty', async () => {
    await using kvd = await startKvd();
    await using client = await connect(kvd.url);
    await client.set('k', 1);
    await expect(client.save()).rejects.toMatchObject({ code: 'REPLY', replyCode: 'ERR' });
    expect(await client.get('k')).toBe(1);
  });
});
