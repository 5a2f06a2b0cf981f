// What the append-only log costs: SETs of 64 bytes from 50 connections, against redis-server with the same
// policy on the same disk. The generator is redis-benchmark, on the same machine.
import { spawnSync } from 'node:child_process';
import { startKvdProcess } from '../kvd-process.ts';
import { startRedisServer } from '../redis-server.ts';
import { medians } from '../rounds.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';

const GENERATOR = 'redis-benchmark';
const POLICIES = ['always', 'everysec', 'no'] as const;
const PIPELINES = [1, 16] as const;
const KEYS = 100_000;
const VALUE_BYTES = 64;
const CLIENTS = 50;

type Policy = (typeof POLICIES)[number];

/** At least level where every reply waits for the disk, and half as much again where none does. */
const FLOORS: ReadonlyMap<string, number> = new Map([
  ['always P=1', 1],
  ['always P=16', 1],
  ['everysec P=16', 1.5],
]);

/** Requests a second. */
function requestsPerSecond({ host, port }: RunningServer, pipeline: number, requests: number) {
  const args = ['-h', host, '-p', port, '-c', CLIENTS, '-P', pipeline, '-n', requests];
  const load = ['-r', KEYS, '-d', VALUE_BYTES, '-t', 'set', '--csv'];
  const { stdout, status } = spawnSync(GENERATOR, [...args, ...load].map(String), {
    encoding: 'utf8',
  });
  const found = /^"SET","([\d.]+)"/m.exec(stdout ?? '')?.[1];
  if (status !== 0 || found === undefined) throw new Error(`${GENERATOR} failed`);
  return Number(found);
}

/** Prints the table, or says what is missing. */
export async function compareLogSpeed(requests: number, rounds: number): Promise<void> {
  if (spawnSync(GENERATOR, ['--version']).status !== 0) {
    console.log(`\n${GENERATOR} is not installed: the log is not compared`);
    return;
  }
  const rows: Row[] = [];
  for (const policy of POLICIES) rows.push(...(await comparePolicy(policy, requests, rounds)));
  printTable(
    `The append-only log: SET of ${VALUE_BYTES} bytes, ${CLIENTS} connections, requests a second`,
    ['redis-server', 'kvd', 'ratio', 'floor'],
    rows,
    [`medians of ${rounds} rounds in turn, after one that warms up; both servers on one disk`],
  );
}

async function comparePolicy(policy: Policy, requests: number, rounds: number): Promise<Row[]> {
  const options = ['--appendonly', 'yes', '--appendfsync', policy];
  await using redis = await startRedisServer(options);
  await using kvd = await startKvdProcess(options);
  const rows: Row[] = [];
  for (const pipeline of PIPELINES) {
    const count = requests * (pipeline === 1 ? 1 : 4);
    const measured: Record<string, number>[] = [];
    for (let round = 0; round <= rounds; round++) {
      const ours = requestsPerSecond(kvd, pipeline, count);
      const theirs = redis && requestsPerSecond(redis, pipeline, count);
      if (round > 0) measured.push({ ours, ...(theirs !== undefined && { theirs }) });
    }
    const { ours = Number.NaN, theirs } = medians(measured);
    const name = `${policy} P=${pipeline}`;
    const ratio = theirs === undefined ? '-' : (ours / theirs).toFixed(2);
    const shown = (rate: number | undefined) => rate?.toFixed(0) ?? 'not installed';
    rows.push([name, shown(theirs), shown(ours), ratio, FLOORS.get(name)?.toFixed(2) ?? '']);
  }
  return rows;
}
