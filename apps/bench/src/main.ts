// pnpm bench [--quick] [embedded] [codec] [client]: prints all comparisons, or those whose
// names begin so.
import { parseArgs } from 'node:util';
import { measureClientAndServer } from './client-and-server.ts';
import { compareEmbeddedStores } from './embedded-store.ts';
import { compareValueCodecs } from './value-codec.ts';
import { machine, nameAndVersion } from './versions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const { quick } = values;

/** What a quick run and a whole one take for each. */
const COMPARISONS: ReadonlyMap<string, () => Promise<void>> = new Map([
  [
    'embedded-100k',
    () =>
      quick
        ? compareEmbeddedStores(10_000, 20_000, { rounds: 1, budgetMs: 8_000 })
        : compareEmbeddedStores(100_000, 400_000, { rounds: 5, budgetMs: 60_000 }),
  ],
  [
    'embedded-1m',
    () =>
      quick
        ? Promise.resolve()
        : compareEmbeddedStores(1_000_000, 1_000_000, { rounds: 3, budgetMs: 80_000 }),
  ],
  [
    'codec',
    () =>
      quick
        ? compareValueCodecs(10, { rounds: 1, budgetMs: 3_000 })
        : compareValueCodecs(80, { rounds: 5, budgetMs: 30_000 }),
  ],
  [
    'client',
    () =>
      quick
        ? measureClientAndServer(50, { rounds: 1, budgetMs: 5_000 })
        : measureClientAndServer(300, { rounds: 5, budgetMs: 40_000 }),
  ],
]);

const PEERS = ['lru-cache', 'quick-lru', '@isaacs/ttlcache', 'node-cache', 'keyv', 'msgpackr'];

const names = [...COMPARISONS.keys()];
const unknown = positionals.filter((word) => !names.some((name) => name.startsWith(word)));
if (unknown.length > 0) {
  console.error(`no comparison ${unknown}: there are ${names.join(', ')}`);
  process.exit(64);
}
console.log(machine());
console.log(PEERS.map(nameAndVersion).join(', '));
if (quick) console.log('--quick: only shows that everything runs; the numbers mean nothing');
for (const [name, compare] of COMPARISONS) {
  if (positionals.length > 0 && !positionals.some((word) => name.startsWith(word))) continue;
  try {
    await compare();
  } catch (error) {
    // A benchmark never fails a build.
    console.error(`\n${name}: left out, because`, error);
  }
}
