// How long other clients wait while one does something large: the longest that one PING after
// another was answered, beside what a loop over the clock saw at the same time.
import { setTimeout as sleep } from 'node:timers/promises';
import { RESP } from '../dialects.ts';
import { atMost, grouped } from '../engine/floors.ts';
import { progress } from '../engine/progress.ts';
import { startKvdProcess } from '../kvd-process.ts';
import { load, PipelinedConnection, RequestTemplate } from '../pipelined-connection.ts';
import { startRedisServer } from '../redis-server.ts';
import type { RunningServer } from '../running-server.ts';
import { printTable, type Row } from '../table.ts';
import { exchange } from './exchange.ts';
import { Watch } from './watch.ts';

const PING_MS_MAX = 10;
/** What a command leaves to be done is watched for so long. */
const AFTERMATH_MS = 500;
const VALUE_BYTES = 16;

/** Something large that one client asks for. */
interface Work {
  readonly name: string;
  readonly words: readonly (string | Uint8Array)[];
  /** Keys there have to be; 0 leaves what there is. */
  readonly keys: number;
  readonly onlyKvd?: true;
}

/** How large everything is. */
export interface StallSizes {
  readonly keys: number;
  readonly flushedKeys: number;
  readonly valueBytes: number;
}

function works({ keys, flushedKeys, valueBytes }: StallSizes): readonly Work[] {
  const megabytes = `${Math.round(valueBytes / 1e6)} MB`;
  return [
    { name: `KEYS * of ${grouped(keys)}`, words: ['KEYS', '*'], keys },
    { name: `DELMATCH * of ${grouped(keys)}`, words: ['DELMATCH', '*'], keys, onlyKvd: true },
    { name: `SET of ${megabytes}`, words: ['SET', 'large', Buffer.alloc(valueBytes)], keys: 0 },
    { name: `GET of ${megabytes}`, words: ['GET', 'large'], keys: 0 },
    { name: `DEL of ${megabytes}`, words: ['DEL', 'large'], keys: 0 },
    { name: `FLUSHALL of ${grouped(flushedKeys)}`, words: ['FLUSHALL'], keys: flushedKeys },
  ];
}

/** Prints the table. */
export async function measureStalls(sizes: StallSizes): Promise<void> {
  const rows: Row[] = [];
  await using machine = await Watch.start();
  for (const start of [startKvdProcess, startRedisServer]) {
    await using server = await start();
    if (server === undefined) continue;
    await using pings = await Watch.start(server);
    for (const work of works(sizes)) {
      if (work.onlyKvd && start !== startKvdProcess) continue;
      await fill(server, work.keys);
      rows.push(await row(server, work, pings, machine));
    }
  }
  printTable(
    'The longest that another client waits for a PING meanwhile',
    ['took', 'longest PING', 'machine idle'],
    rows,
    [
      `The server, the client that sends PINGs and the loop over the clock are processes of their own; they are watched`,
      `until ${AFTERMATH_MS} ms behind the reply. The floor is ${PING_MS_MAX} ms beyond the largest gap that the loop saw.`,
    ],
  );
}

async function row(
  server: RunningServer,
  { name, words }: Work,
  pings: Watch,
  machine: Watch,
): Promise<Row> {
  const request = RESP.request(words);
  for (const watch of [pings, machine]) watch.begin();
  const beganAt = performance.now();
  await exchange(server, request);
  const tookMs = performance.now() - beganAt;
  await sleep(AFTERMATH_MS);
  const [ping, idle] = [await pings.end(), await machine.end()];
  return [
    `${server.name}: ${name}`,
    `${tookMs.toFixed(0)} ms`,
    atMost(PING_MS_MAX + idle, ping, ' ms'),
    `${idle.toFixed(2)} ms`,
  ];
}

async function fill(server: RunningServer, keys: number): Promise<void> {
  if (keys === 0) return;
  using connection = await PipelinedConnection.open(server);
  const template = new RequestTemplate(server.dialect, 'SET', Buffer.alloc(VALUE_BYTES, 'v'));
  await load(connection, {
    count: keys,
    template: () => template,
    key: (i) => i,
    onProgress: progress(`filling ${server.name}`, keys),
  });
}
