import { startKvdProcess } from '../kvd-process.ts';
import { PipelinedConnection } from '../pipelined-connection.ts';
import { redisNameAndVersion, startRedisServer } from '../redis-server.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { replay, Trace } from './eviction-trace.ts';
import { atLeast, grouped, mebibytes } from './floors.ts';

const POINTS_MIN = 4;
/** A limit is good when the trial holds so nearly the keys that are wanted; the whole run may be off by twice as much. */
const COUNT_TOLERANCE = 0.01;
/** The share of the trace after which a limit is judged; the cache has long been full by then. */
const TRIAL_SHARE = 0.25;

type Start = (options: readonly string[]) => Promise<RunningServer | undefined>;

interface Outcome {
  readonly name: string;
  readonly limit: number;
  readonly adjustments: number;
  readonly keys: number;
  readonly hitRate: number;
  readonly perSecond: number;
}

/** How many reads find their key when a tenth of all keys fit. */
export async function compareEviction(
  keyCount: number,
  requests: number,
  adjustmentsMax: number,
): Promise<void> {
  const trace = new Trace(keyCount, requests);
  const kvd = (await outcome(startKvdProcess, trace, adjustmentsMax)) as Outcome;
  const redis = await outcome(startRedisServer, trace, adjustmentsMax);
  const row = (of: Outcome, floor = ''): Row => [
    of.name,
    `${of.hitRate.toFixed(1)}%`,
    floor,
    grouped(of.keys),
    mebibytes(of.limit),
    of.adjustments === 0 ? 'no' : `${of.adjustments} times`,
    grouped(of.perSecond),
  ];
  printTable(
    `Eviction: hits of a Zipf 0.9 trace over ${grouped(keyCount)} keys, room for a tenth, allkeys-lru`,
    ['hit rate', 'floor', 'keys at the end', 'maxmemory', 'adjusted', 'requests/s'],
    redis === undefined
      ? [row(kvd), [redisNameAndVersion()]]
      : [row(kvd, atLeast(POINTS_MIN, kvd.hitRate - redis.hitRate, ' points', 1)), row(redis)],
    [
      `${grouped(requests)} reads in batches of 100, the same for both; what a batch misses is written then, 20 + 64 bytes. Hits`,
      'of the second half. maxmemory is first what a tenth of the keys takes by the server’s own used_memory, then',
      `adjusted on the first quarter of the trace until it holds a tenth of the keys, give or take ${COUNT_TOLERANCE * 100}%.`,
      ...[kvd, redis].flatMap((of) =>
        of && isOff(of.keys, keyCount / 10, 2 * COUNT_TOLERANCE) ? [warning(of)] : [],
      ),
    ],
  );
}

function isOff(keys: number, wanted: number, tolerance: number): boolean {
  return Math.abs(keys / wanted - 1) > tolerance;
}

function warning({ name }: Outcome): string {
  return `${name} does not hold a tenth at the end all the same: its hit rate is not quite comparable.`;
}

/** Finds the limit at which a server holds a tenth of the keys, and runs the whole trace in it. */
async function outcome(
  start: Start,
  trace: Trace,
  adjustmentsMax: number,
): Promise<Outcome | undefined> {
  const wanted = trace.keyCount / 10;
  let limit = await bytesOf(start, trace, wanted);
  if (limit === undefined) return undefined;
  let adjustments = 0;
  for (; adjustments < adjustmentsMax; adjustments++) {
    const { keys } = await run(start, trace, limit, trace.length * TRIAL_SHARE);
    if (!isOff(keys, wanted, COUNT_TOLERANCE)) break;
    console.error(`  ${grouped(keys)} keys in ${mebibytes(limit)}, ${grouped(wanted)} are wanted`);
    limit = Math.round((limit * wanted) / keys);
  }
  return { limit, adjustments, ...(await run(start, trace, limit, trace.length)) };
}

/** What so many keys take, by the server's own measure. */
async function bytesOf(start: Start, trace: Trace, keys: number): Promise<number | undefined> {
  await using server = await start([]);
  if (server === undefined) return undefined;
  using connection = await PipelinedConnection.open(server);
  await trace.load(connection, keys);
  return await connection.infoNumber('used_memory');
}

async function run(start: Start, trace: Trace, limit: number, requests: number) {
  await using server = await start([
    ...['--maxmemory', String(limit)],
    ...['--maxmemory-policy', 'allkeys-lru'],
  ]);
  if (server === undefined) throw new Error('the server is gone');
  using connection = await PipelinedConnection.open(server);
  const startedAt = performance.now();
  const hitRate = await replay(trace, requests, connection, server.name);
  const perSecond = (requests / (performance.now() - startedAt)) * 1000;
  return { name: server.name, keys: await connection.keyCount(), hitRate, perSecond };
}
