import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** `KVD_KILL_ROUNDS=200` is the long form; see docs/DURABILITY.md. */
const ROUNDS = Number(process.env.KVD_KILL_ROUNDS ?? 12);
const KEYS = 10_000;
const SAVES = 10;

const root = temporaryDirectory();

describe('a server that is killed while it saves over and over', () => {
  it(`loads a complete snapshot, old or new, after every one of ${ROUNDS} kills`, {
    timeout: 10_000 + ROUNDS * 4_000,
  }, async () => {
    const dir = join(root, 'killed');
    let generation = 0;
    let strays = 0;
    let newest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const kvd = await startKvdProcess(['--dir', dir, '--save', '']);
      expect(strayFiles(dir)).toStrictEqual([]);
      const client = await connect({ port: kvd.port, reconnect: false, timeoutMs: 10_000 });
      const values = await client.getMany<number>(keys());
      // A snapshot is one moment: every key holds the same generation.
      const loaded = values[0] ?? 0;
      expect(new Set(values.map((value) => value ?? 0))).toStrictEqual(new Set([loaded]));
      // At least what a SAVE has answered for; at most what was written.
      expect(loaded).toBeGreaterThanOrEqual(newest);
      expect(loaded).toBeLessThanOrEqual(generation);
      let going = true;
      const { promise: saved, resolve: hasSaved } = Promise.withResolvers<void>();
      const saving = (async () => {
        while (going) {
          const next = ++generation;
          await client.setMany(keys().map((key) => [key, next] as const));
          // Saves are short beside writes: several of them, so that kills hit some.
          for (let save = 0; save < SAVES; save++) {
            await client.save();
            newest = next;
            hasSaved();
          }
        }
      })().catch(() => {});
      // Somewhere in the middle of it, before the first save is done in some rounds: the moment differs from round to round.
      if (round % 4 > 0) await saved;
      await new Promise((resolve) => setTimeout(resolve, 20 + ((round * 37) % 60)));
      await kvd.kill('SIGKILL');
      going = false;
      await saving;
      await client.close();
      strays += strayFiles(dir).length;
    }
    expect(newest).toBeGreaterThan(0);
    // Otherwise no kill ever hit a save, and the test has shown nothing.
    expect(strays).toBeGreaterThan(0);
  });
});

/** The lock of a killed server is taken over by the next one. */
function strayFiles(dir: string): string[] {
  return readdirSync(dir).filter((file) => !['snapshot.kv', 'kvd.lock'].includes(file));
}

function keys(): string[] {
  return Array.from({ length: KEYS }, (_, i) => `key:${i}`);
}
