import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const dir = temporaryDirectory();
const VALUE = 'x'.repeat(100);
const PAGE = 5_000;

/** Writes pages of keys until one is refused, or there are `most`; answers how many were written. */
async function fill(port: number, most: number): Promise<number> {
  await using client = await connect({ port, reconnect: false, timeoutMs: 20_000 });
  let written = 0;
  try {
    for (; written < most; written += PAGE)
      await client.setMany(
        Array.from({ length: PAGE }, (_, i) => [`key:${written + i}`, VALUE] as const),
      );
  } catch (error) {
    expect(error).toMatchObject({ code: 'REPLY', replyCode: 'OOM' });
  }
  return written;
}

/** A number of INFO. */
async function info(port: number, field: string): Promise<number> {
  await using client = await connect({ port, reconnect: false });
  return Number(new RegExp(`${field}:(\\d+)`).exec(await client.info())?.[1]);
}

const options = ['--dir', dir, '--save', '', '--maxmemory', '30mb'];

describe('maxmemory', () => {
  it('refuses writes with OOM under noeviction, while reads and deletions go on', async () => {
    await using kvd = await startKvdProcess(options);
    const written = await fill(kvd.port, 1_000_000);
    expect(written).toBeGreaterThan(50_000);
    expect(written).toBeLessThan(500_000);
    await using client = await connect({ port: kvd.port, reconnect: false });
    // What the other connection held counted too, and is free again: less than a page of keys.
    const more = 'y'.repeat(2 ** 20);
    await expect(client.set('more', more)).rejects.toMatchObject({ replyCode: 'OOM' });
    expect(await client.get('key:0')).toBe(VALUE);
    expect(await client.delete('key:0')).toBe(1);
    expect(await client.flush()).toBe(written - 1);
    expect(await client.set('more', more)).toBe(1);
  });

  it('keeps to the limit under allkeys-lru, however much is written', async () => {
    await using kvd = await startKvdProcess([...options, '--maxmemory-policy', 'allkeys-lru']);
    expect(await fill(kvd.port, 600_000)).toBe(600_000);
    expect(await info(kvd.port, 'used_memory')).toBeLessThan(33 * 2 ** 20);
    await using client = await connect({ port: kvd.port, reconnect: false });
    const size = await client.dbsize();
    expect(size).toBeGreaterThan(50_000);
    expect(await info(kvd.port, 'evicted_keys')).toBe(600_000 - size);
    const usage = (await client.memoryUsage('key:599999')) as number;
    expect(usage).toBeGreaterThan(100 + 10);
    expect(usage).toBeLessThan(160);
    expect(await client.memoryUsage('absent', { samples: 5 })).toBeUndefined();
  });
});
