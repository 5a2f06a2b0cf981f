import { isInstalled, PEERS, type Peer } from './embedded-store-peers.ts';
import { type Effort, type Measurements, measure } from './rounds.ts';
import { printTable, type Row, ratioCell } from './table.ts';
import { versionOf } from './versions.ts';

const REFERENCE = 'Map';
const OURS = /^ExpiringKeyValueStore/;
/** What is allowed of the best peer's time, and of a bare Map's for a get. */
const BEST_FLOOR = 1.05;
const MAP_FLOOR = 1.5;

const COLUMNS = ['get', 'set', 'getWithTtl', 'setWithTtl'] as const;
type Column = (typeof COLUMNS)[number];

/** A peer, and what was measured of it. */
interface Measured {
  readonly peer: Peer;
  readonly of: Measurements;
}

/** Stores of JavaScript values in this process, relative to a bare Map. */
export async function compareEmbeddedStores(
  keyCount: number,
  operationsMin: number,
  effort: Effort,
): Promise<void> {
  const program = new URL('./embedded-store-round.ts', import.meta.url);
  const subjects = PEERS.filter(isInstalled).flatMap(({ name, asynchronous }) =>
    (name === REFERENCE ? ['plain'] : ['plain', 'ttl']).map((mode) => ({
      name: `${name} ${mode}`,
      ...(asynchronous && { roundsMax: 1 }),
      program,
      args: [name, String(keyCount), String(operationsMin), mode],
    })),
  );
  const { medians, rounds } = await measure(subjects, effort);
  const all = PEERS.filter(isInstalled).map((peer) => ({
    peer,
    of: { ...medians.get(`${peer.name} plain`), ...medians.get(`${peer.name} ttl`) },
  }));
  const reference = all.find(({ peer }) => peer.name === REFERENCE)?.of ?? {};
  const row = ({ peer, of }: Measured): Row => {
    const version = peer.package && ` (${versionOf(peer.package) ?? '?'})`;
    return [
      `${peer.bounded ? 'bounded' : 'unbounded'}: ${peer.name}${version ?? ''}`,
      ratioCell(of.get, reference.get),
      ratioCell(of.set, reference.set),
      `${peer.answersStale ? '* ' : ''}${ratioCell(of.getWithTtl, reference.get)}`,
      ratioCell(of.setWithTtl, reference.set),
    ];
  };
  const missing = PEERS.filter((peer) => !isInstalled(peer));
  printTable(
    `Embedded stores, ${keyCount.toLocaleString('en')} keys: time relative to a bare Map (lower is better)`,
    ['get', 'set', 'get with TTL', 'set with TTL'],
    [...all.map(row), ...missing.map(({ name }): Row => [name, 'not installed'])],
    [
      'set fills an empty store; get reads every key in another order. With TTL: every entry has one, relative to',
      'Map.get and Map.set. The bounded ones have room for all keys. keyv answers promises, awaited one by one.',
      '* may answer what has expired: @isaacs/ttlcache leaves that to a timer unless told checkAgeOnGet, lru-cache',
      'reads the clock once a turn of the event loop unless told ttlResolution: 0. The others read it in every get.',
      `Medians of ${rounds} rounds, with and without TTLs in processes of their own; of one for keyv, which is slow.`,
    ],
  );
  for (const ours of all.filter(({ peer }) => OURS.test(peer.name)))
    console.log(verdict(ours, all, reference));
}

/** How one of our stores stands against the best of its kind, column by column. */
function verdict(
  { peer, of }: Measured,
  all: readonly Measured[],
  reference: Measurements,
): string {
  const others = all.filter((one) => isRival(one.peer, peer));
  const parts = COLUMNS.map((column) => {
    const rivals = others.filter((one) => !(column === 'getWithTtl' && one.peer.answersStale));
    const best = bestOf(rivals, column);
    const ratio = (of[column] ?? Number.NaN) / (best?.of[column] ?? Number.NaN);
    return `${column} ${ratio.toFixed(2)} of ${best?.peer.name} ${passes(ratio <= BEST_FLOOR)}`;
  });
  const toMap = (of.get ?? Number.NaN) / (reference.get ?? Number.NaN);
  const mean = (one: Measured) =>
    COLUMNS.reduce((product, column) => product * (one.of[column] ?? Number.NaN), 1) ** 0.25;
  const means = others.map((one) => mean(one)).filter((value) => !Number.isNaN(value));
  const overall = mean({ peer, of }) / Math.min(...means);
  return [
    `${peer.bounded ? 'bounded' : 'unbounded'} ${peer.name} (floor ${BEST_FLOOR} of the best of its kind): ${parts.join('; ')}`,
    `  get ${toMap.toFixed(2)} of Map, floor ${MAP_FLOOR}: ${passes(toMap <= MAP_FLOOR)}; geometric mean ${overall.toFixed(2)} of the best other's`,
  ].join('\n');
}

/** Like is compared with like: what evicts with what evicts. */
function isRival(other: Peer, ours: Peer): boolean {
  return other.bounded === ours.bounded && !OURS.test(other.name) && other.name !== REFERENCE;
}

function bestOf(rivals: readonly Measured[], column: Column): Measured | undefined {
  return rivals
    .filter(({ of }) => of[column] !== undefined)
    .sort((a, b) => (a.of[column] as number) - (b.of[column] as number))[0];
}

const passes = (ok: boolean): string => (ok ? 'ok' : 'MISSED');
