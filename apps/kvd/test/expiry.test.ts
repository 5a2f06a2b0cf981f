import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const KEYS = 200_000;

describe('active expiry', () => {
  it('brings the memory of many keys that expire at once back, and keeps answering', async () => {
    await using kvd = await startKvdProcess(['--dir', temporaryDirectory(), '--save', '']);
    await using client = await connect({ port: kvd.port, reconnect: false, timeoutMs: 20_000 });
    const number = async (field: string): Promise<number> =>
      Number(new RegExp(`${field}:([\\d.]+)`).exec(await client.info())?.[1]);
    const before = await number('used_memory');
    const at = Date.now() + 3_000;
    for (let n = 0; n < KEYS; n += 5_000) {
      const sets = Array.from({ length: 5_000 }, (_, i) =>
        client.set(`key:${n + i}`, 'x'.repeat(64), { deadline: at }),
      );
      await Promise.all(sets);
    }
    expect(await number('used_memory')).toBeGreaterThan(before + KEYS * 80);
    expect(await number('expired_keys')).toBe(0);
    while ((await number('expired_keys')) < KEYS) expect(Date.now()).toBeLessThan(at + 10_000);
    expect(await client.dbsize()).toBe(0);
    expect(await number('used_memory')).toBeLessThan(before + 2 * 2 ** 20);
    expect(await number('expiry_longest_pause_ms')).toBeGreaterThan(0);
  });
});
