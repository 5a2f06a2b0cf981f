import { join } from 'node:path';
import { connect, type KvClient } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** `KVD_KILL_ROUNDS=1000` is the long form; see docs/DURABILITY.md. */
const ROUNDS = Number(process.env.KVD_KILL_ROUNDS ?? 8);
const WRITERS = 5;
const KEYS = 20;

const root = temporaryDirectory();

/** What one writer has sent and been answered, key by key; values only grow. */
class Writer {
  readonly sent = new Map<string, number>();
  readonly answered = new Map<string, number>();
  private readonly prefix: string;
  private next = 0;

  constructor(number: number) {
    this.prefix = `writer:${number}`;
  }

  keys(): string[] {
    return Array.from({ length: KEYS }, (_, i) => `${this.prefix}:${i}`);
  }

  /** Writes until the connection is gone: pairs by MSET, which are whole or absent, and single keys. */
  async write(client: KvClient): Promise<void> {
    const keys = this.keys();
    for (;;) {
      const value = ++this.next;
      const single = keys[2 + (value % (KEYS - 2))] as string;
      const pair = [keys[0], keys[1]] as [string, string];
      await Promise.all([
        this.acknowledged(pair, value, () =>
          client.setMany(pair.map((key) => [key, value] as const)),
        ),
        this.acknowledged([single], value, () => client.set(single, value)),
      ]);
    }
  }

  private async acknowledged(
    keys: readonly string[],
    value: number,
    write: () => Promise<unknown>,
  ): Promise<void> {
    for (const key of keys) this.sent.set(key, value);
    await write();
    for (const key of keys) this.answered.set(key, value);
  }
}

describe(`a server with appendfsync always that is killed while ${WRITERS} clients write`, () => {
  it(`has lost nothing that was answered after any of ${ROUNDS} kills, and starts every time`, {
    timeout: 10_000 + ROUNDS * 4_000,
  }, async () => {
    const dir = join(root, 'killed');
    const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(i));
    const args = ['--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
    // Rewrites are killed too.
    args.push('--auto-aof-rewrite-min-size', '16kb');
    let unanswered = 0;
    for (let round = 0; round <= ROUNDS; round++) {
      const kvd = await startKvdProcess(args);
      const clients = await Promise.all(
        writers.map(() => connect({ port: kvd.port, reconnect: false, timeoutMs: 10_000 })),
      );
      const [reader] = clients as [KvClient];
      for (const { keys, sent, answered } of writers.map((writer) => ({
        keys: writer.keys(),
        sent: writer.sent,
        answered: writer.answered,
      }))) {
        const values = await reader.getMany<number>(keys);
        for (const [i, key] of keys.entries()) {
          const value = values[i] ?? 0;
          expect(value, key).toBeGreaterThanOrEqual(answered.get(key) ?? 0);
          expect(value, key).toBeLessThanOrEqual(sent.get(key) ?? 0);
          if (value > (answered.get(key) ?? 0)) unanswered++;
        }
        // Two keys that one command writes.
        expect(values[0]).toBe(values[1]);
      }
      const writing = writers.map((writer, i) =>
        writer.write(clients[i] as KvClient).catch(() => undefined),
      );
      // The moment differs from round to round.
      await new Promise((resolve) => setTimeout(resolve, 30 + ((round * 37) % 90)));
      await kvd.kill('SIGKILL');
      await Promise.all(writing);
      await Promise.all(clients.map((client) => client.close()));
    }
    expect(writers.every(({ answered }) => answered.size === KEYS)).toBe(true);
    // Otherwise no kill ever came between the log and the answer.
    if (ROUNDS >= 50) expect(unanswered).toBeGreaterThan(0);
  });
});
