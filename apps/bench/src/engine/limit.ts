import { startKvdProcess } from '../kvd-process.ts';
import { load, PipelinedConnection, RequestTemplate } from '../pipelined-connection.ts';
import { printTable } from '../table.ts';
import { atMost, grouped, mebibytes } from './floors.ts';
import { progress } from './progress.ts';
import { randomIntegers } from './random.ts';
import { residentBytes } from './resident.ts';

const VALUE_BYTES_MIN = 64;
const VALUE_BYTES_MAX = 200;
const WATCH_INTERVAL_MS = 100;
const OVER_SHARE = 1.05;
const OVER_BYTES = 150e6;

/** Whether a server with a limit stays within it while far more is written. */
export async function measureLimit(sets: number, limitMiB: number): Promise<void> {
  const limit = limitMiB * 2 ** 20;
  const options = ['--maxmemory', String(limit), '--maxmemory-policy', 'allkeys-lru'];
  await using kvd = await startKvdProcess(options);
  using connection = await PipelinedConnection.open(kvd);
  const templates = Array.from(
    { length: VALUE_BYTES_MAX - VALUE_BYTES_MIN + 1 },
    (_, i) => new RequestTemplate(kvd.dialect, 'SET', Buffer.alloc(VALUE_BYTES_MIN + i, 'v')),
  );
  const empty = residentBytes(kvd.pid);
  let most = empty;
  const watch = () => {
    most = Math.max(most, residentBytes(kvd.pid));
  };
  const watching = setInterval(watch, WATCH_INTERVAL_MS);
  const random = randomIntegers(7_368_787);
  const startedAt = performance.now();
  await load(connection, {
    count: sets,
    template: (i) => templates[(i * 89) % templates.length] as RequestTemplate,
    key: () => random(sets),
    onProgress: progress('loading kvd', sets),
  }).finally(() => clearInterval(watching));
  const perSecond = (sets / (performance.now() - startedAt)) * 1000;
  watch();
  printTable(
    `Limit: ${kvd.name} with --maxmemory ${grouped(limitMiB)} MiB --maxmemory-policy allkeys-lru, ${grouped(sets)} sets`,
    ['measured', 'floor'],
    [
      [
        'most resident',
        mebibytes(most),
        atMost((OVER_SHARE * limit + OVER_BYTES) / 2 ** 20, most / 2 ** 20, ' MiB', 0),
      ],
      ['resident when empty', mebibytes(empty)],
      ['used_memory at the end', mebibytes(await connection.infoNumber('used_memory'))],
      ['keys at the end', grouped(await connection.keyCount())],
      ['evicted', grouped(await connection.infoNumber('evicted_keys'))],
      ['sets/s', grouped(perSecond)],
    ],
    [
      `Keys of 20 bytes drawn evenly from ${grouped(sets)}, values of ${VALUE_BYTES_MIN} to ${VALUE_BYTES_MAX} bytes. VmRSS every ${WATCH_INTERVAL_MS} ms;`,
      'the floor is 1.05 times the limit and 150 MB.',
    ],
  );
}
