import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const PREFIX = join(tmpdir(), 'kv-persistence-');

/** A directory of its own for the running test, removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(PREFIX);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A directory for the duration of `use`, also outside a test. */
export async function withTemporaryDirectory<T>(use: (directory: string) => Promise<T>) {
  const directory = await mkdtemp(PREFIX);
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
