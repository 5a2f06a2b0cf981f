import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { visit } from '../src/embedded-persistent.ts';
import { temporaryDirectory } from '../src/temporary-directory.ts';

const HOUR = 3_600_000;

it('remembers values and deadlines across a restart, and forgets what expired meanwhile', async () => {
  await using directory = await temporaryDirectory();
  const start = Date.UTC(2026, 0, 1);
  const visitAt = (now: number, name: string) => visit(directory.path, name, { now: () => now });

  expect(await visitAt(start, 'Alice')).toEqual([]);
  expect(await visitAt(start + HOUR, 'Bob')).toEqual([
    { key: 'visitor:Alice', at: new Date(start), ttlMs: 23 * HOUR },
  ]);
  expect(await visitAt(start + 24 * HOUR, 'Carol')).toEqual([
    { key: 'visitor:Bob', at: new Date(start + HOUR), ttlMs: HOUR },
  ]);
  expect(await readdir(directory.path)).toEqual(['snapshot.kv']);
});

it('does so from one process to the next', async () => {
  await using directory = await temporaryDirectory();
  const program = new URL('../src/embedded-persistent.ts', import.meta.url).pathname;
  const run = async (name: string) => {
    const args = ['--conditions=kv-source', program, directory.path, name];
    return (await promisify(execFile)(process.execPath, args, { timeout: 8000 })).stdout;
  };
  expect(await run('Alice')).toBe('[]\n');
  expect(await run('Bob')).toContain('visitor:Alice');
});
