import type { Peer } from './embedded-store-peers.ts';
import type { Measurements } from './rounds.ts';
import { printTable, type Row } from './table.ts';

/** The peer that others are relative to. It has no TTLs and is nobody's rival. */
export const REFERENCE = 'Map';

const OURS = /^ExpiringKeyValueStore/;

/** What is allowed of the best rival's time in each column, of its mean, and of a bare Map's get. */
const BEST_FLOOR = 1.05;
const OVERALL_FLOOR = 1;
const MAP_FLOOR = 1.5;

const COLUMNS = ['get', 'set', 'getWithTtl', 'setWithTtl'] as const;
type Column = (typeof COLUMNS)[number];

/** Whom a store of ours is compared with: the like first. */
interface Circle {
  readonly kind: string;
  readonly has: (peer: Peer) => boolean;
}

const BOUNDED_CIRCLES: readonly Circle[] = [
  { kind: 'those that evict by use', has: (peer) => peer.evictsByUse === true },
  { kind: 'all bounded', has: (peer) => peer.bounded },
];

const UNBOUNDED_CIRCLES: readonly Circle[] = [
  { kind: 'unbounded', has: (peer) => !peer.bounded },
  { kind: 'all', has: () => true },
];

/** A peer, and what was measured of it. */
export interface Measured {
  readonly peer: Peer;
  readonly of: Measurements;
}

/**
 * How each of our stores stands against the best of its kind, column by column, and against
 * the best of a wider circle.
 */
export function printVerdicts(all: readonly Measured[], reference: Measurements): void {
  const isOurs = ({ peer }: Measured) => OURS.test(peer.name);
  const others = all.filter((one) => !isOurs(one) && one.peer.name !== REFERENCE);
  const rows = all.filter(isOurs).flatMap((ours) => {
    const circles = ours.peer.bounded ? BOUNDED_CIRCLES : UNBOUNDED_CIRCLES;
    return circles.map(({ kind, has }) => {
      const rivals = others.filter(({ peer }) => has(peer));
      return verdict(ours, kind, rivals, reference);
    });
  });
  printTable(
    'Verdicts: time relative to the best rival, in each column another',
    ['get', 'set', 'get with TTL', 'set with TTL', 'overall', 'get, of Map'],
    [
      ...rows,
      [
        'floor',
        ...COLUMNS.map(() => `${BEST_FLOOR}`),
        `${OVERALL_FLOOR.toFixed(2)}`,
        `${MAP_FLOOR}`,
      ],
    ],
    [
      'Like is compared with like first: lru-cache and quick-lru evict by use, as lru and sieve do, so their gets write',
      'too; @isaacs/ttlcache evicts what expires first, so its get only reads. In get with TTL no rival is one that',
      'may answer what has expired. Overall is the geometric mean of the four columns.',
    ],
  );
}

function verdict(
  { peer, of }: Measured,
  kind: string,
  rivals: readonly Measured[],
  reference: Measurements,
): Row {
  const cells = COLUMNS.map((column) => {
    const able = rivals.filter((one) => !(column === 'getWithTtl' && one.peer.answersStale));
    return againstBest(of[column], able, (one) => one.of[column], BEST_FLOOR);
  });
  const overall = againstBest(mean(of), rivals, (one) => mean(one.of), OVERALL_FLOOR);
  const toMap = (of.get ?? Number.NaN) / (reference.get ?? Number.NaN);
  return [
    `${peer.name}, against ${kind}`,
    ...cells,
    overall,
    `${toMap.toFixed(2)} ${passes(toMap, MAP_FLOOR)}`,
  ];
}

/** `0.87 of lru-cache ok`; a dash where there is no rival. */
function againstBest(
  ours: number | undefined,
  rivals: readonly Measured[],
  measured: (rival: Measured) => number | undefined,
  floor: number,
): string {
  const [best] = rivals
    .map((rival) => ({ name: rival.peer.name, time: measured(rival) ?? Number.NaN }))
    .filter(({ time }) => !Number.isNaN(time))
    .sort((a, b) => a.time - b.time);
  if (best === undefined || ours === undefined) return '-';
  const ratio = ours / best.time;
  return `${ratio.toFixed(2)} of ${best.name} ${passes(ratio, floor)}`;
}

/** The geometric mean; not a number where a column is missing. */
function mean(of: Measurements): number {
  const product = COLUMNS.reduce((so, column: Column) => so * (of[column] ?? Number.NaN), 1);
  return product ** (1 / COLUMNS.length);
}

const passes = (ratio: number, floor: number): string => (ratio <= floor ? 'ok' : 'MISSED');
