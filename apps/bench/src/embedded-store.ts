import { isInstalled, PEERS, type Peer } from './embedded-store-peers.ts';
import { type Effort, measure } from './rounds.ts';
import { printTable, type Row, ratioCell } from './table.ts';
import { versionOf } from './versions.ts';

const REFERENCE = 'Map';

/** Stores of JavaScript values in this process, relative to a bare Map. */
export async function compareEmbeddedStores(
  keyCount: number,
  operationsMin: number,
  effort: Effort,
): Promise<void> {
  const program = new URL('./embedded-store-round.ts', import.meta.url);
  const subjects = PEERS.filter(isInstalled).map(({ name, asynchronous }) => ({
    name,
    ...(asynchronous && { roundsMax: 1 }),
    program,
    args: [name, String(keyCount), String(operationsMin)],
  }));
  const { medians, rounds } = await measure(subjects, effort);
  const reference = medians.get(REFERENCE);
  const row = (peer: Peer): Row => {
    const version = peer.package && ` (${versionOf(peer.package) ?? '?'})`;
    const label = `${peer.bounded ? 'bounded' : 'unbounded'}: ${peer.name}${version ?? ''}`;
    if (!isInstalled(peer)) return [label, 'not installed'];
    const of = medians.get(peer.name);
    return [
      label,
      ratioCell(of?.get, reference?.get),
      ratioCell(of?.set, reference?.set),
      `${peer.answersStale ? '* ' : ''}${ratioCell(of?.getWithTtl, reference?.get)}`,
      ratioCell(of?.setWithTtl, reference?.set),
    ];
  };
  printTable(
    `Embedded stores, ${keyCount.toLocaleString('en')} keys: time relative to a bare Map (lower is better)`,
    ['get', 'set', 'get with TTL', 'set with TTL'],
    PEERS.map(row),
    [
      'set fills an empty store; get reads every key in another order. With TTL: every entry has one, relative to',
      'Map.get and Map.set. The bounded ones have room for all keys. keyv answers promises, awaited one by one.',
      '* may answer what has expired: @isaacs/ttlcache leaves that to a timer unless told checkAgeOnGet, lru-cache',
      'reads the clock once a turn of the event loop unless told ttlResolution: 0. The others read it in every get.',
      `Medians of ${rounds} rounds; of one for keyv, which is slow.`,
    ],
  );
}
