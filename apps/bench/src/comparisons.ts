// Everything `pnpm bench` can compare: what for, and what a quick run and a whole one take.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { barChart, type Chart } from './chart.ts';
import { compareClients } from './clients/clients.ts';
import { compareLogSpeed } from './disk/log-speed.ts';
import { compareSnapshots } from './disk/snapshots.ts';
import { compareEmbeddedStores } from './embedded-store.ts';
import { measureChurn } from './engine/churn.ts';
import { compareEviction } from './engine/eviction.ts';
import { measureExpiry } from './engine/expiry.ts';
import { measureHundredMillion } from './engine/hundred-million.ts';
import { measureLimit } from './engine/limit.ts';
import { compareMemory } from './engine/memory.ts';
import { comparePauses } from './engine/pauses.ts';
import { measureScale } from './engine/scale.ts';
import { compareSpeed } from './engine/speed.ts';
import { compareLatency } from './servers/latency.ts';
import { SETTINGS } from './servers/settings.ts';
import { compareServerSpeed, type Setting } from './servers/speed.ts';
import { measureStalls } from './stalls/stalls.ts';
import { compareValueCodecs } from './value-codec.ts';

/** How a comparison is to run. */
interface Manner {
  /** Only shows that everything runs; the numbers mean nothing. */
  readonly quick: boolean;
  /** Where charts go, relative to where pnpm was called; undefined: nowhere. */
  readonly svg: string | undefined;
  /** Servers that take redis-server's options, to be compared as well. */
  readonly peers: readonly string[];
}

/** One of the comparisons. */
export interface Comparison {
  readonly shows: string;
  /** It takes minutes and much of the machine: it runs only when it is named in full. */
  readonly onlyWhenNamed?: true;
  run(manner: Manner): Promise<void>;
}

/** Writes the chart of a comparison. */
async function draw(name: string, svg: string | undefined, chart: Chart): Promise<void> {
  if (svg === undefined) return;
  const directory = resolve(process.env.INIT_CWD ?? '.', svg);
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.svg`);
  await writeFile(path, barChart(chart));
  console.log(`\nThe chart is in ${path}`);
}

function described({ keys, valueBytes, cases }: Setting): string {
  const operations = new Set(cases.map(({ operation }) => operation.toUpperCase()));
  const held = `${keys.toLocaleString('en')} keys, values of ${valueBytes.toLocaleString('en')} bytes`;
  return `${[...operations].join(', ')}; ${held}`;
}

const servers = [...SETTINGS].map(([name, setting]): [string, Comparison] => [
  name,
  {
    shows: `kvd and redis-server, requests a second: ${described(setting)}`,
    run: async ({ quick, svg, peers }) => {
      const small = { ...setting, keys: 1000, part: 1 / 1000 };
      const chart = quick
        ? await compareServerSpeed(small, { rounds: 1, budgetMs: 20_000 }, peers)
        : await compareServerSpeed(setting, { rounds: 5, budgetMs: 240_000 }, peers);
      await draw(name, svg, chart);
    },
  },
]);

/** By name, in the order in which they run. */
export const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  [
    'embedded-100k',
    {
      shows: 'embedded stores and caches with 100,000 keys: time, memory, hits',
      run: ({ quick }) =>
        quick
          ? compareEmbeddedStores(10_000, 20_000, { rounds: 1, budgetMs: 8_000 })
          : compareEmbeddedStores(100_000, 1_500_000, { rounds: 9, budgetMs: 450_000 }),
    },
  ],
  [
    'embedded-1m',
    {
      shows: 'the same with a million keys',
      run: async ({ quick }) => {
        if (!quick)
          await compareEmbeddedStores(1_000_000, 4_000_000, { rounds: 3, budgetMs: 700_000 });
      },
    },
  ],
  [
    'codec',
    {
      shows: 'the value codec, msgpackr and JSON',
      run: ({ quick }) =>
        quick
          ? compareValueCodecs(10, { rounds: 1, budgetMs: 3_000 })
          : compareValueCodecs(80, { rounds: 5, budgetMs: 30_000 }),
    },
  ],
  [
    'clients',
    {
      shows: '@kv/client on kvd, node-redis and ioredis on redis-server: time and CPU a call',
      run: ({ quick, svg }) => {
        const chart = (drawn: Chart) => draw('clients', svg, drawn);
        return quick
          ? compareClients(20, { rounds: 1, budgetMs: 10_000 }, chart)
          : compareClients(200, { rounds: 5, budgetMs: 150_000 }, chart);
      },
    },
  ],
  ...servers,
  [
    'servers-latency',
    {
      shows: 'kvd and redis-server, latency at a fixed rate',
      run: ({ quick, peers }) =>
        quick ? compareLatency(2000, 1, peers) : compareLatency(40_000, 41, peers),
    },
  ],
  [
    'disk-log',
    {
      shows: 'kvd and redis-server with the log, for each appendfsync',
      run: ({ quick }) => (quick ? compareLogSpeed(2_000, 1) : compareLogSpeed(60_000, 5)),
    },
  ],
  [
    'stalls',
    {
      shows: 'how long one client can make another wait',
      run: ({ quick }) =>
        measureStalls(
          quick
            ? { keys: 20_000, flushedKeys: 50_000, valueBytes: 10_000_000 }
            : { keys: 1_000_000, flushedKeys: 10_000_000, valueBytes: 500_000_000 },
        ),
    },
  ],
  [
    'disk-snapshots',
    {
      shows: 'kvd and redis-server, BGSAVE under load and the load of 10 million keys',
      run: ({ quick }) =>
        quick ? compareSnapshots(20_000, 200) : compareSnapshots(10_000_000, 4_000),
    },
  ],
  [
    'engine-memory',
    {
      shows: 'resident bytes a key, the engine and redis-server',
      run: ({ quick }) => compareMemory(quick ? 50_000 : 10_000_000),
    },
  ],
  [
    'engine-speed',
    {
      shows: 'the engine and a Map of Buffers',
      run: ({ quick }) =>
        quick
          ? compareSpeed(20_000, 20_000, { rounds: 1, budgetMs: 2_000 })
          : compareSpeed(10_000_000, 2_000_000, { rounds: 3, budgetMs: 150_000 }),
    },
  ],
  [
    'engine-scale',
    {
      shows: 'the time of an operation as the engine grows to 25 million keys',
      run: ({ quick }) =>
        quick
          ? measureScale([1_000, 10_000, 25_000], 10_000)
          : measureScale([1_000_000, 10_000_000, 25_000_000], 500_000),
    },
  ],
  [
    'engine-pauses',
    {
      shows: 'the longest ticks with 10 million keys',
      run: ({ quick }) =>
        quick ? comparePauses(20_000, 200, 50) : comparePauses(10_000_000, 10_000, 4_000),
    },
  ],
  [
    'engine-expiry',
    {
      shows: 'a million keys that expire in one second',
      run: ({ quick }) => (quick ? measureExpiry(10_000, 1_500) : measureExpiry(1_000_000, 12_000)),
    },
  ],
  [
    'engine-churn',
    {
      shows: 'memory while values of changing sizes are written and removed',
      run: ({ quick }) =>
        quick ? measureChurn(10_000, 30_000) : measureChurn(1_000_000, 4_000_000),
    },
  ],
  [
    'engine-eviction',
    {
      shows: 'hits with room for a tenth of the keys, kvd and redis-server',
      run: ({ quick }) =>
        quick ? compareEviction(300_000, 60_000, 0) : compareEviction(4_000_000, 12_000_000, 4),
    },
  ],
  [
    'engine-limit',
    {
      shows: 'resident memory under load with maxmemory',
      run: ({ quick }) => (quick ? measureLimit(100_000, 8) : measureLimit(20_000_000, 1024)),
    },
  ],
  [
    'engine-100m',
    {
      shows: '100 million keys',
      onlyWhenNamed: true,
      run: ({ quick }) =>
        quick
          ? measureHundredMillion(50_000, 10_000)
          : measureHundredMillion(100_000_000, 1_000_000),
    },
  ],
]);
