import { integerWord, keyWord, numberWord, valueWord } from '../domains.ts';
import type { Grammar } from '../grammar.ts';

/** Of `protocol/src/commands/string.ts`. */
export const stringGrammar: Grammar<'string'> = {
  GET: { weight: 3 },
  SET: { weight: 6, leaveOut: ['IFEQ'] },
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
  INCRBYFLOAT: { weight: 3, words: (draw) => [keyWord(draw), numberWord(draw)] },
  INCREX: { skip: 'from Redis 8.8' },
  GETEX: { weight: 2 },
  GETRANGE: { weight: 2 },
  SUBSTR: {},
  SETRANGE: {
    weight: 2,
    // Not so far that both servers would make gigabytes.
    words: (draw) => {
      const offset = draw.random.chance(0.05) ? '536870912' : integerWord(draw, -1, 30);
      return [keyWord(draw), offset, valueWord(draw)];
    },
  },
  MSETNX: {},
  MSETEX: { skip: 'from Redis 8.4' },
  DELIFEQ: { skip: 'from Valkey 9.0' },
  LCS: { weight: 2 },
};
