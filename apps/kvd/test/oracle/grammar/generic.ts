import { integerWord, PATTERNS } from '../domains.ts';
import type { Grammar } from '../grammar.ts';

/** Of `protocol/src/commands/generic.ts`. */
export const genericGrammar: Grammar<'generic'> = {
  DEL: { weight: 2 },
  DELETE: { skip: 'not in Redis' },
  UNLINK: {},
  DELMATCH: { skip: 'not in Redis' },
  EXISTS: {},
  TOUCH: {},
  TYPE: {},
  EXPIRE: { weight: 3 },
  PEXPIRE: { weight: 3 },
  EXPIREAT: { weight: 2 },
  PEXPIREAT: { weight: 2 },
  TTL: { weight: 2 },
  PTTL: { weight: 2 },
  EXPIRETIME: {},
  PEXPIRETIME: {},
  PERSIST: {},
  RENAME: { weight: 2 },
  RENAMENX: { weight: 2 },
  COPY: { weight: 3 },
  MOVE: { weight: 2 },
  DUMP: { compare: 'kind' },
  RESTORE: { weight: 0.5 },
  'OBJECT ENCODING': { compare: 'kind' },
  'OBJECT REFCOUNT': { compare: 'kind' },
  'OBJECT FREQ': {},
  'OBJECT IDLETIME': { skip: 'an error here: the time of the last use is not kept' },
  'OBJECT HELP': { compare: 'kind' },
  SCAN: {
    // All in one page: where a page ends is each server's own affair.
    words: (draw) => {
      const { random } = draw;
      const count = random.chance(0.9) ? '1000' : integerWord(draw, 1000, 1100);
      const words = [random.chance(0.95) ? '0' : random.pick(['', 'x', ' 0', '1x'])];
      words.push('COUNT', count);
      if (random.chance(0.5)) words.push('MATCH', random.pick(PATTERNS));
      if (random.chance(0.3)) words.push('TYPE', random.pick(['string', 'STRING', 'hash', 'x']));
      return words;
    },
    compare: 'unordered',
  },
  KEYS: { compare: 'unordered' },
  RANDOMKEY: { compare: 'kind' },
};
