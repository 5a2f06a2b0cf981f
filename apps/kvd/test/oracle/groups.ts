import { bitmapGrammar } from './grammar/bitmap.ts';
import { connectionGrammar } from './grammar/connection.ts';
import { genericGrammar } from './grammar/generic.ts';
import { serverGrammar } from './grammar/server.ts';
import { stringGrammar } from './grammar/string.ts';
import { transactionsGrammar } from './grammar/transactions.ts';
import { GroupGrammar } from './grammar.ts';

/** The groups that are compared, and how often a command of each comes. */
export const GROUPS: readonly (readonly [grammar: GroupGrammar, weight: number])[] = [
  [new GroupGrammar('string', stringGrammar), 6],
  [new GroupGrammar('bitmap', bitmapGrammar), 4],
  [new GroupGrammar('generic', genericGrammar), 4],
  [new GroupGrammar('transactions', transactionsGrammar), 1.5],
  [new GroupGrammar('connection', connectionGrammar), 0.5],
  [new GroupGrammar('server', serverGrammar), 0.2],
];
