import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { INTENDED_DIFFERENCES } from './differences.ts';
import { findingText, type SearchResult, search } from './oracle.ts';
import type { Fault } from './pair.ts';
import { redisVersion } from './redis-with-clock.ts';
import type { RespVersion, Words } from './script.ts';

const VERSION = '7.0.15';
const isThere = redisVersion() === VERSION;

test('COMPATIBILITY.md tells of every intended difference, and of no other', () => {
  const page = readFileSync(new URL('../../../../docs/COMPATIBILITY.md', import.meta.url), 'utf8');
  const told = page.split('\n').filter((line) => line.startsWith('- '));
  expect(told).toHaveLength(INTENDED_DIFFERENCES.length);
  for (const [i, { what }] of INTENDED_DIFFERENCES.entries()) expect(told[i]).toContain(what);
});

const found = (version: RespVersion, { found }: SearchResult): string =>
  found.map((finding) => findingText(version, finding)).join('\n\n');

describe.skipIf(!isThere)(
  `redis-server ${VERSION} and kvd (skipped where it or libfaketime is not installed)`,
  () => {
    it.each([2, 3] as const)(
      'answer the same over RESP%i',
      async (version) => {
        const endsAt = performance.now() + 2500;
        const result = await search({
          version,
          seed: 1,
          commandsPerSeed: 1000,
          findingsMax: 1,
          goesOn: () => performance.now() < endsAt,
        });
        expect(found(version, result)).toBe('');
        expect(result.commands).toBeGreaterThan(1000);
      },
      30_000,
    );

    it.each([
      ['pubsub', 2],
      ['pubsub', 3],
      ['events', 3],
    ] as const)(
      'send the same messages (%s) over RESP%i',
      async (group, version) => {
        const endsAt = performance.now() + 1000;
        const result = await search({
          version,
          seed: 1,
          commandsPerSeed: 100,
          group,
          findingsMax: 1,
          goesOn: () => performance.now() < endsAt,
        });
        expect(found(version, result)).toBe('');
        expect(result.commands).toBeGreaterThan(100);
      },
      30_000,
    );
  },
);

/** A server with one fault: it is sent other words than redis-server. */
const instead =
  (name: string, change: (words: Words) => Words): Fault =>
  (words) =>
    words[0]?.toUpperCase() === name ? change(words) : words;

const FAULTS: readonly (readonly [group: string, fault: Fault, finds: string])[] = [
  ['string', instead('SET', (words) => words.filter((word) => word !== 'KEEPTTL')), 'KEEPTTL'],
  ['bitmap', instead('BITCOUNT', (words) => words.filter((word) => word !== 'BIT')), 'BITCOUNT'],
  ['generic', instead('EXPIRE', (words) => words.map((w) => (w === 'GT' ? 'LT' : w))), 'GT'],
  ['transactions', instead('WATCH', ([name = '']) => [name, 'other']), 'WATCH'],
  [
    'pubsub',
    instead('PUBLISH', ([name = '', channel = '']) => [name, channel, 'wrong']),
    'PUBLISH',
  ],
  ['connection', instead('SELECT', ([name = '']) => [name, '0']), 'SELECT'],
  ['server', instead('FLUSHDB', ([, ...how]) => ['FLUSHALL', ...how]), 'FLUSHDB'],
];

describe.skipIf(!isThere)('the oracle', () => {
  it.each(FAULTS)(
    'finds a fault planted in the group %s, and says how',
    async (group, fault, finds) => {
      const result = await search({
        version: 3,
        seed: 1,
        commandsPerSeed: 2000,
        group,
        fault,
        findingsMax: 1,
        goesOn: (seeds) => seeds < 500,
      });
      const [finding] = result.found;
      expect(found(3, result).toUpperCase()).toContain(finds);
      expect(finding?.script.length).toBeLessThanOrEqual(12);
    },
    60_000,
  );
});
