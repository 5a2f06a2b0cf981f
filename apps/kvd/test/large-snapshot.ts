import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeSnapshot } from '@kv/persistence';

const encoder = new TextEncoder();

/** Writes a snapshot of so many keys, `key:0` and so on, into a directory that it makes. */
export async function writeLargeSnapshot(directory: string, keys: number): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'snapshot.kv');
  const value = encoder.encode('x'.repeat(20));
  const name = new Uint8Array(32);
  await writeSnapshot(path, {
    freeze: () => ({
      count: keys,
      close: () => {},
      *[Symbol.iterator]() {
        for (let i = 0; i < keys; i++) {
          // The bytes need to hold still only until the next entry.
          const key = name.subarray(0, encoder.encodeInto(`key:${i}`, name).written);
          yield { database: 0, key, value, type: 0, encoding: 0, deadline: undefined };
        }
      },
    }),
  });
  return path;
}
