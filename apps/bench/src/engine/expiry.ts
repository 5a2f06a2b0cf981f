import { setTimeout as sleep } from 'node:timers/promises';
import { startKvdProcess } from '../kvd-process.ts';
import { load, PipelinedConnection, RequestTemplate } from '../pipelined-connection.ts';
import { printTable } from '../table.ts';
import { Durations } from './durations.ts';
import { atMost, grouped, mebibytes } from './floors.ts';
import { progress } from './progress.ts';

const VALUE_BYTES = 64;
const STORM_MS_MAX = 5;
const RETURN_SECONDS_MAX = 10;
const SPREAD_MS = 1000;
/** Loading must be done by then; it goes on to the idle phase at once. */
const LOADING_MS_MAX = 10_000;
const INFO_INTERVAL_MS = 100;
const MARGIN_SHARE = 0.05;
const MARGIN_BYTES = 4e6;

/** What other clients notice when very many keys expire in the same second. */
export async function measureExpiry(keyCount: number, phaseMs: number): Promise<void> {
  await using kvd = await startKvdProcess();
  using connection = await PipelinedConnection.open(kvd);
  await probe(connection, Math.min(phaseMs, 1000));
  const before = await connection.infoNumber('used_memory');
  const goal = before * (1 + MARGIN_SHARE) + MARGIN_BYTES;

  const loadingMs = Math.min(LOADING_MS_MAX, 1000 + keyCount / 200);
  const stormAt = Date.now() + loadingMs + phaseMs;
  const value = Buffer.alloc(VALUE_BYTES, 'v');
  const templates = Array.from(
    { length: SPREAD_MS },
    (_, ms) => new RequestTemplate(kvd.dialect, 'SET', value, 'PXAT', stormAt + ms),
  );
  await load(connection, {
    count: keyCount,
    template: (i) => templates[i % SPREAD_MS] as RequestTemplate,
    key: (i) => i,
    onProgress: progress('loading kvd', keyCount),
  });
  const loaded = await connection.infoNumber('used_memory');
  const held = await connection.keyCount();
  if (Date.now() > stormAt - phaseMs || held !== keyCount)
    throw new Error('loading took too long: keys expired before the idle phase was over');
  const idle = await probe(connection, phaseMs);
  await sleep(stormAt - Date.now());
  const storm = await probe(connection, phaseMs, goal);

  const limit = STORM_MS_MAX + idle.roundTrips.max;
  printTable(
    `Expiry: ${grouped(keyCount)} keys of 20 bytes with values of ${VALUE_BYTES} in ${kvd.name}, all within one second`,
    ['idle', 'storm', 'floor'],
    [
      [
        'longest PING',
        `${idle.roundTrips.max.toFixed(2)} ms`,
        `${storm.roundTrips.max.toFixed(2)} ms`,
        atMost(limit, storm.roundTrips.max, ' ms'),
      ],
      ...[0.5, 0.999].map(
        (share) =>
          [
            `PING p${share * 100}`,
            `${idle.roundTrips.percentile(share).toFixed(2)} ms`,
            `${storm.roundTrips.percentile(share).toFixed(2)} ms`,
          ] as const,
      ),
      ['used_memory as before', '', ...returnCells(storm.reachedAfterMs, phaseMs)],
    ],
    [
      `One connection sends PING back to back for ${phaseMs / 1000} s before the keys expire (idle) and as long from the moment`,
      'the first of them does (storm). The time until memory is back counts from the moment the last one does.',
      `used_memory before loading ${mebibytes(before)}, loaded ${mebibytes(loaded)}, at the end ${mebibytes(storm.usedBytes)}; back means within 5% and 4 MB.`,
      `Keys left at the end: ${grouped(await connection.keyCount())}.`,
    ],
  );
}

/** How long memory took to come back, since the last key expired. */
function returnCells(
  reachedAfterMs: number | undefined,
  phaseMs: number,
): readonly [seconds: string, floor: string] {
  if (reachedAfterMs !== undefined) {
    const seconds = Math.max(0, reachedAfterMs - SPREAD_MS) / 1000;
    return [`${seconds.toFixed(1)} s`, atMost(RETURN_SECONDS_MAX, seconds, ' s', 1)];
  }
  const over = `over ${((phaseMs - SPREAD_MS) / 1000).toFixed(1)} s`;
  return [over, `floor <= ${RETURN_SECONDS_MAX.toFixed(1)} s: ${over} MISSED`];
}

interface Probe {
  readonly roundTrips: Durations;
  /** `used_memory` at the end. */
  readonly usedBytes: number;
  /** When `used_memory` was first at its goal; `undefined`: never. */
  readonly reachedAfterMs: number | undefined;
}

/** Sends PING after PING, and now and then, apart from those, asks for the memory in use. */
async function probe(connection: PipelinedConnection, forMs: number, goal = 0): Promise<Probe> {
  const ping = connection.dialect.request(['PING']);
  const roundTrips = new Durations();
  const startedAt = performance.now();
  let usedBytes = await connection.infoNumber('used_memory');
  let reachedAfterMs: number | undefined;
  for (let asked = 1; ; ) {
    const sentAt = performance.now();
    await connection.send(ping, 1);
    const now = performance.now();
    roundTrips.add(now - sentAt);
    if (now - startedAt < asked * INFO_INTERVAL_MS) continue;
    asked++;
    usedBytes = await connection.infoNumber('used_memory');
    if (usedBytes <= goal) reachedAfterMs ??= now - startedAt;
    if (now - startedAt >= forMs) return { roundTrips, usedBytes, reachedAfterMs };
  }
}
