// Saving under load and loading, against redis-server: the same keys, the same load, the same disk.
import { RESP } from '../dialects.ts';
import { grouped, mebibytes } from '../engine/floors.ts';
import { KVD } from '../kvd-process.ts';
import { freePort, redisVersion } from '../redis-server.ts';
import { printTable, type Row } from '../table.ts';
import { versionOf } from '../versions.ts';
import {
  measureSnapshots,
  type SavingServer,
  type SnapshotFigures,
  spawnServer,
} from './snapshot-round.ts';

const HOST = '127.0.0.1';
const SPINNER_MS = 2000;

/** Of issue and page: BGSAVE without a pause, without losing much, in little memory; a fast load. */
const FLOORS = {
  pauseMs: 10,
  throughput: 0.75,
  extra: 0.1,
  loadPerSecond: 3_000_000,
  loadRatio: 3,
} as const;

/** Prints the table. */
export async function compareSnapshots(keyCount: number, idleMs: number): Promise<void> {
  const spinnerMs = longestGap(SPINNER_MS);
  const redis = redisServer(await freePort());
  const theirs = redis && (await measureSnapshots(redis, keyCount, idleMs));
  const ours = await measureSnapshots(kvd(), keyCount, idleMs);
  const lines: readonly (readonly [string, (of: SnapshotFigures) => string, string])[] = [
    ['busy with 50/50 before the save, requests/s', ({ idlePerSecond: n }) => grouped(n), ''],
    ['longest answer before the save, ms', ({ idleLongestMs: n }) => n.toFixed(1), ''],
    ['requests/s while saving, share', (of) => share(of).toFixed(2), `${FLOORS.throughput}`],
    [
      'longest answer while saving, ms',
      ({ savingLongestMs: n }) => n.toFixed(1),
      pauseFloor(ours, spinnerMs),
    ],
    ['save, s', ({ saveMs }) => (saveMs / 1000).toFixed(1), 'less than redis-server'],
    ['resident, MiB', ({ residentBytes: n }) => mebibytes(n), ''],
    ['more while saving, share', (of) => extra(of).toFixed(3), `${FLOORS.extra}`],
    ['load, keys/s', (of) => grouped(rate(of, keyCount)), grouped(FLOORS.loadPerSecond)],
  ];
  const rows = lines.map(
    ([name, show, floor]): Row => [
      name,
      theirs === undefined ? 'not installed' : show(theirs),
      show(ours),
      floor,
    ],
  );
  if (theirs !== undefined)
    rows.push([
      'load, ratio',
      '1',
      (rate(ours, keyCount) / rate(theirs, keyCount)).toFixed(2),
      `${FLOORS.loadRatio}`,
    ]);
  printTable(
    `Snapshots: ${grouped(keyCount)} keys of 20 bytes with values of 64, BGSAVE under load, and a start`,
    ['redis-server', 'kvd', 'floor'],
    rows,
    [
      `one connection, 128 requests in flight, generator on the same machine; the longest gap of an idle spinner`,
      `there: ${spinnerMs.toFixed(1)} ms. Memory of redis-server: what its child copied. Loads are as each server logs them.`,
    ],
  );
}

function share({ savingPerSecond, idlePerSecond }: SnapshotFigures): number {
  return savingPerSecond / idlePerSecond;
}

function extra({ extraBytes, residentBytes }: SnapshotFigures): number {
  return extraBytes / residentBytes;
}

function rate({ loadMs }: SnapshotFigures, keyCount: number): number {
  return (keyCount / loadMs) * 1000;
}

function pauseFloor({ idleLongestMs }: SnapshotFigures, spinnerMs: number): string {
  return `${(Math.max(idleLongestMs, spinnerMs) + FLOORS.pauseMs).toFixed(1)}`;
}

/** The longest that a loop which does nothing was kept from running. */
function longestGap(ms: number): number {
  let longest = 0;
  const endsAt = performance.now() + ms;
  for (let last = performance.now(); last < endsAt; ) {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}

function kvd(): SavingServer {
  const args = [KVD, '--port', '0', '--save', ''];
  return {
    start: (directory) =>
      spawnServer(process.execPath, [...args, '--dir', directory, '--log-format', 'json']),
    ready: /"addresses"/,
    loadMs(line) {
      const { msg, durationMs } = JSON.parse(line) as { msg: string; durationMs?: number };
      return msg === 'snapshot loaded' ? durationMs : undefined;
    },
    server: { name: `kvd ${versionOf('@kv/kvd')}`, host: HOST, dialect: RESP },
    port: (line) => Number(/"addresses":\["[^"]*:(\d+)"/.exec(line)?.[1]),
    extraBytes: async () => 0,
  };
}

/** `undefined` when it is not installed. */
function redisServer(port: number): SavingServer | undefined {
  const version = redisVersion();
  if (version === undefined) return undefined;
  return {
    start: (directory) =>
      spawnServer('redis-server', [
        ...['--bind', HOST, '--port', String(port), '--dir', directory, '--save', ''],
      ]),
    ready: /Ready to accept connections/,
    loadMs(line) {
      const seconds = /DB loaded from disk: ([\d.]+) seconds/.exec(line)?.[1];
      return seconds === undefined ? undefined : Number(seconds) * 1000;
    },
    server: { name: `redis-server ${version}`, host: HOST, dialect: RESP },
    port: () => port,
    extraBytes: (connection) => connection.infoNumber('rdb_last_cow_size'),
  };
}
