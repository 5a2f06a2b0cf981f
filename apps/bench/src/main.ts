// pnpm bench: see the text below, which --help prints.
import { parseArgs } from 'node:util';
import { COMPARISONS, type Comparison } from './comparisons.ts';
import { redisNameAndVersion } from './redis-server.ts';
import { machine, nameAndVersion } from './versions.ts';

const EXIT_USAGE = 64;

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

function helpText(): string {
  const names = [...COMPARISONS].map(([name, { shows, onlyWhenNamed }]) => {
    const note = onlyWhenNamed ? ' (only when it is named in full)' : '';
    return `  ${name.padEnd(17)} ${shows}${note}`;
  });
  return `pnpm bench [OPTION...] [NAME...]

Runs all comparisons, or those whose names begin with one of the words given, and prints a table
of each. Ratios are of one run; the figures of two runs are not to be compared.

  --quick           only shows that everything runs; the numbers mean nothing
  --svg DIRECTORY   also draws the charts of those that have one
  --peer PATH       a server that takes redis-server's options, to be compared too; may be repeated

${names.join('\n')}`;
}

function refuse(message: string): never {
  console.error(`${message}\n\n${helpText()}`);
  process.exit(EXIT_USAGE);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        svg: { type: 'string' },
        peer: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  console.log(helpText());
  process.exit();
}
const names = [...COMPARISONS.keys()];
const unknown = positionals.filter((word) => !names.some((name) => name.startsWith(word)));
if (unknown.length > 0) refuse(`no comparison has a name that begins with ${unknown.join(', ')}`);

function isWanted(name: string, { onlyWhenNamed }: Comparison): boolean {
  if (positionals.includes(name)) return true;
  if (onlyWhenNamed) return false;
  return positionals.length === 0 || positionals.some((word) => name.startsWith(word));
}

const { quick, svg, peer: peers } = values;
console.log(machine());
console.log([...PEERS.map(nameAndVersion), redisNameAndVersion()].join(', '));
if (quick) console.log('--quick: only shows that everything runs; the numbers mean nothing');
for (const [name, comparison] of COMPARISONS) {
  if (!isWanted(name, comparison)) continue;
  try {
    await comparison.run({ quick, svg, peers });
  } catch (error) {
    // A benchmark never fails a build.
    console.error(`\n${name}: left out, because`, error);
  }
}
