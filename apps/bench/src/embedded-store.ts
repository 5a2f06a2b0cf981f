import { isInstalled, PEERS } from './embedded-store-peers.ts';
import { type Measured, printVerdicts, REFERENCE } from './embedded-store-verdicts.ts';
import { type Effort, measure } from './rounds.ts';
import { printTable, type Row, ratioCell } from './table.ts';
import { versionOf } from './versions.ts';

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
      'The garbage collector runs when it wants to, so whoever leaves it work pays for that.',
      `Medians of ${rounds} rounds, with and without TTLs in processes of their own; of one for keyv, which is slow.`,
    ],
  );
  printVerdicts(all, reference);
}
