import type { Grammar } from '../grammar.ts';

/** Of `protocol/src/commands/string.ts`. */
export const stringGrammar: Grammar<'string'> = {
  GET: { weight: 3 },
  SET: { weight: 6 },
  GETSET: {},
  GETDEL: {},
  SETEX: {},
  PSETEX: {},
  SETNX: {},
  APPEND: { weight: 2 },
  STRLEN: {},
  MSET: { weight: 2 },
  MGET: {},
  INCR: {},
  INCRBY: { weight: 2 },
  DECR: {},
  DECRBY: { weight: 2 },
};
