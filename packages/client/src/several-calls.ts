// What takes more than one request: each is made of calls that go through the view that it
// was asked of, so that prefixes, limits and signals hold for all of them.
import type { CallOptions } from './call-options.ts';
import { callOptions, checkOptions } from './check-options.ts';
import { type CommandKind, kindOf } from './command.ts';
import { invalid, KvError } from './errors.ts';
import type { ScanOptions, SetManyOptions, SetOptions, WriteOptions } from './kv-client.ts';
import type { Key } from './method-types.ts';

const SCAN_COUNT = 100;
/** Keys that one DEL of `deleteAll` names. */
const DELETE_BATCH = 500;
/** SETs that `setMany` has under way at once: far below what may wait. */
const SET_BATCH = 1000;
/** So often `update` reads anew before it gives up. */
const UPDATE_ATTEMPTS_MAX = 32;

const UPDATE_OPTIONS = callOptions('ttlMs', 'deadline');
const SET_MANY_OPTIONS = callOptions('ttlMs');
const SCAN_OPTIONS = callOptions('match', 'count', 'type');

const GET = kindOf('GET');
const MSET = kindOf('MSET');
const DEL = kindOf('DEL');
const SCAN = kindOf('SCAN');

/** The calls of a client or of a view. */
export interface Calls {
  send(kind: CommandKind, args: readonly unknown[], options: CallOptions): Promise<unknown>;
  set(key: Key, value: unknown, options: SetOptions): Promise<number>;
  /** What the view writes lives so long, if it says so. */
  readonly ttlMs: number | undefined;
  /** A value as it would come back. */
  copyOf(value: unknown): unknown;
}

/** `KvClient.update` */
export async function update<T>(
  calls: Calls,
  key: Key,
  change: (current: T | undefined) => T | undefined | Promise<T | undefined>,
  options: WriteOptions,
): Promise<T | undefined> {
  checkOptions('update', options, UPDATE_OPTIONS);
  const { ttlMs = calls.ttlMs, deadline, signal, timeoutMs } = options;
  const keepTtl = ttlMs === undefined && deadline === undefined;
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS_MAX; attempt++) {
    const current = (await calls.send(GET, [key], { signal, timeoutMs })) as T | undefined;
    // What is compared stays as it was, whatever `change` does to the value.
    const before = calls.copyOf(current);
    const value = await change(current);
    if (value === undefined) return current;
    const condition = before === undefined ? 'absent' : { equals: before };
    if ((await calls.set(key, value, { ...options, keepTtl, if: condition })) === 1) return value;
  }
  throw new KvError('CONFLICT', `update: others changed the key ${UPDATE_ATTEMPTS_MAX} times`);
}

/** `KvClient.setMany` */
export async function setMany(
  calls: Calls,
  entries: Iterable<readonly [Key, unknown]>,
  options: SetManyOptions,
): Promise<number> {
  checkOptions('setMany', options, SET_MANY_OPTIONS);
  if (typeof entries?.[Symbol.iterator] !== 'function')
    throw invalid('entries', entries, 'pairs of a key and a value: a Map, Object.entries(...)');
  const { ttlMs = calls.ttlMs, ...call } = options;
  const pairs = [...entries];
  if (pairs.length === 0) return 0;
  if (ttlMs === undefined) return (await calls.send(MSET, pairs.flat(), call)) as number;
  for (let at = 0; at < pairs.length; at += SET_BATCH) {
    const batch = pairs.slice(at, at + SET_BATCH);
    await Promise.all(batch.map(([key, value]) => calls.set(key, value, { ttlMs, ...call })));
  }
  return pairs.length;
}

/** `KvClient.scan` */
export async function* scan(calls: Calls, options: ScanOptions): AsyncGenerator<Key, void, void> {
  checkOptions('scan', options, SCAN_OPTIONS);
  const { match, count = SCAN_COUNT, type } = options;
  const words: unknown[] = ['COUNT', count];
  if (match !== undefined) words.push('MATCH', match);
  if (type !== undefined) words.push('TYPE', type);
  let cursor = '0';
  do {
    const page = (await calls.send(SCAN, [cursor, ...words], options)) as [string, Key[]];
    cursor = page[0];
    yield* page[1];
  } while (cursor !== '0');
}

/** Deletes all keys of a view and says how many there were. */
export async function deleteAll(calls: Calls, options: CallOptions): Promise<number> {
  let deleted = 0;
  let batch: Key[] = [];
  const drop = async () => {
    if (batch.length > 0) deleted += (await calls.send(DEL, batch, options)) as number;
    batch = [];
  };
  for await (const key of scan(calls, options)) {
    if (batch.push(key) === DELETE_BATCH) await drop();
  }
  await drop();
  return deleted;
}

/** Counts the keys of a view. */
export async function countAll(calls: Calls, options: CallOptions): Promise<number> {
  let count = 0;
  for await (const _key of scan(calls, options)) count++;
  return count;
}
