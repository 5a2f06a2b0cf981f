import { startKvdProcess } from '../kvd-process.ts';
import { load, PipelinedConnection, RequestTemplate } from '../pipelined-connection.ts';
import { redisNameAndVersion, startRedisServer } from '../redis-server.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { atMost, grouped, mebibytes } from './floors.ts';
import { progress } from './progress.ts';
import { settledBytes } from './resident.ts';

const VALUE_BYTES = 64;
const RATIO_MAX = 0.65;

interface Footprint {
  readonly name: string;
  readonly empty: number;
  readonly loaded: number;
  readonly bytesPerKey: number;
  readonly perSecond: number;
}

/** What a key takes in each server's memory. */
export async function compareMemory(keyCount: number): Promise<void> {
  const kvd = await footprint(await startKvdProcess(), keyCount);
  const redisServer = await startRedisServer();
  const redis = redisServer && (await footprint(redisServer, keyCount));
  const row = (of: Footprint, floor = ''): Row => [
    of.name,
    of.bytesPerKey.toFixed(1),
    redis === undefined ? '-' : (of.bytesPerKey / redis.bytesPerKey).toFixed(2),
    floor,
    mebibytes(of.empty),
    mebibytes(of.loaded),
    grouped(of.perSecond),
  ];
  printTable(
    `Memory: ${grouped(keyCount)} keys of 20 bytes with values of ${VALUE_BYTES}, resident when loaded less when empty`,
    ['bytes a key', 'ratio', 'floor', 'empty', 'loaded', 'sets/s while loading'],
    redis === undefined
      ? [row(kvd), [redisNameAndVersion()]]
      : [row(kvd, atMost(RATIO_MAX, kvd.bytesPerKey / redis.bytesPerKey)), row(redis)],
    [
      'VmRSS of the process once it no longer changes; both keep nothing on disk. Loaded over one connection, 2,000',
      'in flight: kvd in its own protocol, redis-server over RESP.',
    ],
  );
}

async function footprint(running: RunningServer, keyCount: number): Promise<Footprint> {
  await using server = running;
  using connection = await PipelinedConnection.open(server);
  const empty = await settledBytes(server.pid);
  const set = new RequestTemplate(server.dialect, 'SET', Buffer.alloc(VALUE_BYTES, 'v'));
  const startedAt = performance.now();
  await load(connection, {
    count: keyCount,
    template: () => set,
    key: (i) => i,
    onProgress: progress(`loading ${server.name}`, keyCount),
  });
  const perSecond = (keyCount / (performance.now() - startedAt)) * 1000;
  const held = await connection.keyCount();
  if (held !== keyCount) throw new Error(`${server.name} has ${held} of ${keyCount} keys`);
  const loaded = await settledBytes(server.pid);
  return { name: server.name, empty, loaded, bytesPerKey: (loaded - empty) / keyCount, perSecond };
}
