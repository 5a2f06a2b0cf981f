import { KEYS } from './domains.ts';
import type { Comparison, GroupGrammar } from './grammar.ts';
import { GROUPS } from './groups.ts';
import { Random } from './random.ts';
import type { Script, Step, Words } from './script.ts';

/** When all scripts begin, in Unix milliseconds. */
export const EPOCH = Date.UTC(2026, 0, 1) + 1;

/** The databases that scripts work on. */
const DATABASES = ['0', '1', '2', '3'];

/** How time passes: by a little, or across the TTLs that are drawn. See domains.ts for the 3. */
const ADVANCES = [3, 1003, 2003, 5003, 10_003];
const ADVANCE_CHANCE = 0.03;
/** How often a script is of several clients, and how often the next one goes on. */
const SEVERAL_CLIENTS_CHANCE = 0.3;
const SWITCH_CHANCE = 0.1;
const CLIENTS = 3;
/** More would come around to a full second. */
const ADVANCES_MAX = 300;

/** The script of a seed: random commands, then a look at all that they left. */
export function makeScript(seed: number, length: number, group?: string): Script {
  const random = new Random(seed);
  const groups = GROUPS.filter(([grammar]) => group === undefined || grammar.name === group);
  const script: Step[] = [];
  let now = EPOCH;
  let advances = 0;
  // One client alone is faster: its commands are sent together.
  const clients = random.chance(SEVERAL_CLIENTS_CHANCE) ? CLIENTS : 1;
  let client = 0;
  while (script.length < length) {
    if (advances < ADVANCES_MAX && random.chance(ADVANCE_CHANCE)) {
      advances++;
      const advanceMs = random.pick(ADVANCES);
      now += advanceMs;
      script.push({ advanceMs });
      continue;
    }
    if (clients > 1 && random.chance(SWITCH_CHANCE)) client = random.between(0, clients - 1);
    // A group by itself would have nothing to work on.
    const among = random.chance(0.3) ? GROUPS : groups;
    script.push({ client, words: weighted(among, random).draw({ random, now }) });
  }
  return [...script, ...inspection(clients)];
}

function weighted(
  groups: readonly (readonly [GroupGrammar, number])[],
  random: Random,
): GroupGrammar {
  const total = groups.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [grammar, weight] of groups) {
    left -= weight;
    if (left < 0) return grammar;
  }
  return (groups.at(-1) as readonly [GroupGrammar, number])[0];
}

/** What tells the whole of the keyspace: kinds, values, deadlines, and how many keys there are. */
function inspection(clients: number): Step[] {
  const discards = Array.from({ length: clients }, (_, client) => ({ client, words: ['DISCARD'] }));
  const all: Words[] = [];
  for (const database of DATABASES) {
    all.push(['SELECT', database]);
    for (const key of KEYS) all.push(['TYPE', key], ['GET', key], ['PTTL', key]);
    all.push(['DBSIZE']);
  }
  return [...discards, ...all.map((words) => ({ client: 0, words }))];
}

/** How the replies to a command are compared. */
export function comparisonOf(words: Words): Comparison {
  for (const [grammar] of GROUPS) {
    const comparison = grammar.comparison(words);
    if (comparison !== undefined) return comparison;
  }
  return 'exact';
}
