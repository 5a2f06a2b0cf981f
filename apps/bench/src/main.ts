// pnpm bench [--quick] [--svg DIRECTORY] [--peer PATH] [embedded] [codec] [clients] [servers] [disk]
// [stalls] [engine]: prints all comparisons, or those whose names begin so, and draws the charts of
// those that have one. engine-100m takes minutes and runs only when it is named in full. A peer is a
// server that takes redis-server's options, and is compared with it and with kvd.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
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
import { redisNameAndVersion } from './redis-server.ts';
import { compareLatency } from './servers/latency.ts';
import { SETTINGS } from './servers/settings.ts';
import { compareServerSpeed, type Setting } from './servers/speed.ts';
import { measureStalls } from './stalls/stalls.ts';
import { compareValueCodecs } from './value-codec.ts';
import { machine, nameAndVersion } from './versions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    svg: { type: 'string' },
    peer: { type: 'string', multiple: true, default: [] },
  },
});
const { quick, svg, peer: peers } = values;

/** Writes a comparison's chart to the directory of `--svg`, which is relative to where pnpm was called. */
async function draw(name: string, chart: Chart): Promise<void> {
  if (svg === undefined) return;
  const directory = resolve(process.env.INIT_CWD ?? '.', svg);
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.svg`);
  await writeFile(path, barChart(chart));
  console.log(`\nThe chart is in ${path}`);
}

async function compareServers(name: string, setting: Setting): Promise<void> {
  const small = { ...setting, keys: 1000, part: 1 / 1000 };
  const chart = quick
    ? await compareServerSpeed(small, { rounds: 1, budgetMs: 20_000 }, peers)
    : await compareServerSpeed(setting, { rounds: 5, budgetMs: 240_000 }, peers);
  await draw(name, chart);
}

/** What a quick run and a whole one take for each. */
const COMPARISONS: ReadonlyMap<string, () => Promise<void>> = new Map([
  [
    'embedded-100k',
    () =>
      quick
        ? compareEmbeddedStores(10_000, 20_000, { rounds: 1, budgetMs: 8_000 })
        : compareEmbeddedStores(100_000, 1_500_000, { rounds: 9, budgetMs: 450_000 }),
  ],
  [
    'embedded-1m',
    () =>
      quick
        ? Promise.resolve()
        : compareEmbeddedStores(1_000_000, 4_000_000, { rounds: 3, budgetMs: 700_000 }),
  ],
  [
    'codec',
    () =>
      quick
        ? compareValueCodecs(10, { rounds: 1, budgetMs: 3_000 })
        : compareValueCodecs(80, { rounds: 5, budgetMs: 30_000 }),
  ],
  [
    'clients',
    () =>
      quick
        ? compareClients(20, { rounds: 1, budgetMs: 10_000 }, (chart) => draw('clients', chart))
        : compareClients(200, { rounds: 5, budgetMs: 150_000 }, (chart) => draw('clients', chart)),
  ],
  ...[...SETTINGS].map(([name, setting]): [string, () => Promise<void>] => [
    name,
    () => compareServers(name, setting),
  ]),
  [
    'servers-latency',
    () => (quick ? compareLatency(2000, 1, peers) : compareLatency(200_000, 5, peers)),
  ],
  ['disk-log', () => (quick ? compareLogSpeed(2_000, 1) : compareLogSpeed(60_000, 5))],
  [
    'stalls',
    () =>
      measureStalls(
        quick
          ? { keys: 20_000, flushedKeys: 50_000, valueBytes: 10_000_000 }
          : { keys: 1_000_000, flushedKeys: 10_000_000, valueBytes: 500_000_000 },
      ),
  ],
  [
    'disk-snapshots',
    () => (quick ? compareSnapshots(20_000, 200) : compareSnapshots(10_000_000, 4_000)),
  ],
  ['engine-memory', () => compareMemory(quick ? 50_000 : 10_000_000)],
  [
    'engine-speed',
    () =>
      quick
        ? compareSpeed(20_000, 20_000, { rounds: 1, budgetMs: 2_000 })
        : compareSpeed(10_000_000, 2_000_000, { rounds: 3, budgetMs: 150_000 }),
  ],
  [
    'engine-scale',
    () =>
      quick
        ? measureScale([1_000, 10_000, 25_000], 10_000)
        : measureScale([1_000_000, 10_000_000, 25_000_000], 500_000),
  ],
  [
    'engine-pauses',
    () => (quick ? comparePauses(20_000, 200, 50) : comparePauses(10_000_000, 10_000, 4_000)),
  ],
  [
    'engine-expiry',
    () => (quick ? measureExpiry(10_000, 1_500) : measureExpiry(1_000_000, 12_000)),
  ],
  [
    'engine-churn',
    () => (quick ? measureChurn(10_000, 30_000) : measureChurn(1_000_000, 4_000_000)),
  ],
  [
    'engine-eviction',
    () => (quick ? compareEviction(300_000, 60_000, 0) : compareEviction(4_000_000, 12_000_000, 4)),
  ],
  ['engine-limit', () => (quick ? measureLimit(100_000, 8) : measureLimit(20_000_000, 1024))],
  [
    'engine-100m',
    () =>
      quick ? measureHundredMillion(50_000, 10_000) : measureHundredMillion(100_000_000, 1_000_000),
  ],
]);

/** Take minutes and much of the machine. */
const ONLY_WHEN_NAMED: readonly string[] = ['engine-100m'];

const PEERS = [
  'lru-cache',
  'quick-lru',
  '@isaacs/ttlcache',
  'node-cache',
  'keyv',
  'msgpackr',
  'redis',
  'ioredis',
];

const names = [...COMPARISONS.keys()];
const unknown = positionals.filter((word) => !names.some((name) => name.startsWith(word)));
if (unknown.length > 0) {
  console.error(`no comparison ${unknown}: there are ${names.join(', ')}`);
  process.exit(64);
}
const isWanted = (name: string): boolean => {
  if (positionals.includes(name)) return true;
  if (ONLY_WHEN_NAMED.includes(name)) return false;
  return positionals.length === 0 || positionals.some((word) => name.startsWith(word));
};
console.log(machine());
console.log([...PEERS.map(nameAndVersion), redisNameAndVersion()].join(', '));
if (quick) console.log('--quick: only shows that everything runs; the numbers mean nothing');
for (const [name, compare] of COMPARISONS) {
  if (!isWanted(name)) continue;
  try {
    await compare();
  } catch (error) {
    // A benchmark never fails a build.
    console.error(`\n${name}: left out, because`, error);
  }
}
