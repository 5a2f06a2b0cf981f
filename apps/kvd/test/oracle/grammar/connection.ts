import { integerWord } from '../domains.ts';
import type { Grammar } from '../grammar.ts';

const OWN_TEST = 'changes or tells the connection itself: tested through clients';

/** Of `protocol/src/commands/connection.ts`. */
export const connectionGrammar: Grammar<'connection'> = {
  PING: {},
  ECHO: {},
  HELLO: { skip: OWN_TEST },
  AUTH: { skip: OWN_TEST },
  SELECT: { words: (draw) => [integerWord(draw, 0, 2)] },
  QUIT: { skip: OWN_TEST },
  'CLIENT ID': { compare: 'kind' },
  'CLIENT SETNAME': {},
  'CLIENT GETNAME': {},
  'CLIENT LIST': { compare: 'kind', words: () => [] },
  RESET: { skip: OWN_TEST },
  'CLIENT INFO': { compare: 'kind', words: () => [] },
  'CLIENT SETINFO': { skip: 'not in Redis 7.0' },
  'CLIENT KILL': { skip: OWN_TEST },
  'CLIENT NO-EVICT': { words: ({ random }) => [random.pick(['on', 'OFF', 'x', ''])] },
  'CLIENT NO-TOUCH': { skip: 'not in Redis 7.0' },
  'CLIENT REPLY': { skip: OWN_TEST },
  'CLIENT PAUSE': { skip: OWN_TEST },
  'CLIENT UNBLOCK': {
    words: ({ random }) => random.pick([['999999'], ['x'], ['999999', 'error'], ['999999', 'x']]),
  },
  'CLIENT UNPAUSE': {},
  'CLIENT HELP': { compare: 'kind' },
};
