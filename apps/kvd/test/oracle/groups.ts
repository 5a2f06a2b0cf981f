import { bitmapGrammar } from './grammar/bitmap.ts';
import { connectionGrammar } from './grammar/connection.ts';
import { genericGrammar } from './grammar/generic.ts';
import { pubsubGrammar } from './grammar/pubsub.ts';
import { serverGrammar } from './grammar/server.ts';
import { stringGrammar } from './grammar/string.ts';
import { transactionsGrammar } from './grammar/transactions.ts';
import { GroupGrammar } from './grammar.ts';

/** What it sets off comes without being asked for, so it is compared in a way of its own. */
export const PUBSUB = new GroupGrammar('pubsub', pubsubGrammar);

/** The groups that are compared, and how often a command of each comes. */
export const GROUPS: readonly (readonly [grammar: GroupGrammar, weight: number])[] = [
  [new GroupGrammar('string', stringGrammar), 6],
  [new GroupGrammar('bitmap', bitmapGrammar), 4],
  [new GroupGrammar('generic', genericGrammar), 4],
  [new GroupGrammar('transactions', transactionsGrammar), 1.5],
  [new GroupGrammar('connection', connectionGrammar), 0.5],
  [new GroupGrammar('server', serverGrammar), 0.2],
];

/** The commands whose replies are compared with those of redis-server. */
export function comparedCommands(): ReadonlySet<string> {
  return new Set([...GROUPS.map(([grammar]) => grammar), PUBSUB].flatMap(({ names }) => names));
}
