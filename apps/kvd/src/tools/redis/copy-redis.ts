import type { EntrySink } from '@kv/persistence';
import { Encoding, EntryType } from '@kv/protocol';
import type { RedisConnection } from './redis-connection.ts';
import { RedisError, type Reply } from './reply-parser.ts';

/** Keys asked for at a time. */
const SCAN_COUNT = 1000;

/** How far a copy has come: enough to go on from, on another connection too. */
export interface CopyPosition {
  /** Databases that are still to be copied, the current one first. */
  readonly databases: readonly number[];
  /** Where SCAN goes on in the first of them. */
  readonly cursor: string;
}

/** What was copied by this call. */
export interface CopyCounts {
  entries: number;
  /** Keys of types that cannot be stored, by type. */
  readonly left: Map<string, number>;
}

export interface CopyOptions {
  readonly source: RedisConnection;
  readonly sink: EntrySink;
  readonly from: CopyPosition;
  readonly now: () => number;
  /** Told after every batch of keys where the copy is; it waits for what that answers. */
  readonly onBatch: (position: CopyPosition, counts: CopyCounts) => Promise<void> | void;
  readonly signal: AbortSignal;
}

/** The databases of a Redis that hold something, and how many keys they have. */
export async function databasesOf(source: RedisConnection): Promise<ReadonlyMap<number, number>> {
  const info = String(await source.ask('INFO', 'keyspace'));
  const found = info.matchAll(/^db(\d+):keys=(\d+)/gm);
  return new Map(Array.from(found, ([, database, keys]) => [Number(database), Number(keys)]));
}

/**
 * Copies the strings of a Redis with their deadlines by SCAN. Every key that is there from beginning to end is
 * copied; one that changes meanwhile has an old value or a new one. The next keys are asked for while values
 * are under way.
 *
 * @throws RedisError; the signal's reason, between two batches
 */
export async function copyRedis(options: CopyOptions): Promise<CopyCounts> {
  const { source, from, onBatch, signal } = options;
  const counts: CopyCounts = { entries: 0, left: new Map() };
  const ask = await deadlineCommand(source);
  let { cursor } = from;
  for (const [i, database] of from.databases.entries()) {
    await source.ask('SELECT', String(database));
    let scan = source.ask('SCAN', cursor, 'COUNT', String(SCAN_COUNT));
    do {
      const [next, keys] = (await scan) as unknown as readonly [Buffer, readonly Buffer[]];
      cursor = String(next);
      if (cursor !== '0') scan = source.ask('SCAN', cursor, 'COUNT', String(SCAN_COUNT));
      // Its failure is met when it is waited for.
      scan.catch(() => {});
      await copyKeys(options, database, keys, ask, counts);
      const databases = from.databases.slice(cursor === '0' ? i + 1 : i);
      await onBatch({ databases, cursor }, counts);
      signal.throwIfAborted();
    } while (cursor !== '0');
  }
  return counts;
}

/** PEXPIRETIME (since 7.0) tells deadlines exactly. */
async function deadlineCommand(source: RedisConnection): Promise<'PEXPIRETIME' | 'PTTL'> {
  const [reply] = await source.askAll([['PEXPIRETIME', 'kvd:import']]);
  return reply instanceof RedisError ? 'PTTL' : 'PEXPIRETIME';
}

async function copyKeys(
  { source, sink, now }: CopyOptions,
  database: number,
  keys: readonly Buffer[],
  ask: 'PEXPIRETIME' | 'PTTL',
  counts: CopyCounts,
): Promise<void> {
  const replies = await source.askAll(
    keys.flatMap((key) => [
      ['GET', key],
      [ask, key],
    ]),
  );
  const others: Buffer[] = [];
  for (const [i, key] of keys.entries()) {
    const [value, until] = [replies[2 * i] as Reply, replies[2 * i + 1] as Reply];
    if (value instanceof RedisError && value.code === 'WRONGTYPE') others.push(key);
    else if (value instanceof RedisError) throw value;
    if (until instanceof RedisError) throw until;
    // Gone since it was scanned.
    if (!(value instanceof Buffer) || until === -2) continue;
    const time = ask === 'PTTL' ? now() + Number(until) : Number(until);
    sink.restore({
      database,
      key,
      value,
      type: EntryType.STRING,
      encoding: Encoding.RAW,
      deadline: until === -1 ? undefined : time,
    });
    counts.entries += 1;
  }
  const types = await source.askAll(others.map((key) => ['TYPE', key]));
  for (const type of types) count(counts.left, String(type));
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
