import type { Grammar } from '../grammar.ts';

/** Of `protocol/src/commands/transactions.ts`. */
export const transactionsGrammar: Grammar<'transactions'> = {
  MULTI: { weight: 2 },
  EXEC: { weight: 4 },
  DISCARD: { weight: 0.5 },
  WATCH: { weight: 2 },
  UNWATCH: { weight: 0.3 },
};
