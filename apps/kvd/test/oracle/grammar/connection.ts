import { integerWord } from '../domains.ts';
import type { Grammar } from '../grammar.ts';

const OWN_TEST = 'changes or tells the connection itself: tested through clients';
const REFUSED_HELLOS = [
  ['x'],
  ['4'],
  ['3', 'AUTH'],
  ['3', 'AUTH', 'default'],
  ['2', 'SETNAME', 'a b'],
  ['3', '$&'],
];
const LISTS = [[], ['TYPE', 'normal'], ['TYPE', 'PubSub'], ['TYPE', 'x'], ['ID', 'x'], ['ID', '0']];
/** None that would hold anybody. */
const PAUSES = [['0'], ['0', 'write'], ['x'], ['-1'], ['0', 'x'], ['0', 'WRITE', 'x']];

/** Of `protocol/src/commands/connection.ts`. */
export const connectionGrammar: Grammar<'connection'> = {
  PING: {},
  ECHO: {},
  // What is refused; the rest changes the connection.
  HELLO: { compare: 'kind', words: ({ random }) => random.pick(REFUSED_HELLOS) },
  AUTH: { skip: OWN_TEST },
  SELECT: { words: (draw) => [integerWord(draw, 0, 2)] },
  QUIT: { skip: OWN_TEST },
  'CLIENT ID': { compare: 'kind' },
  'CLIENT SETNAME': {},
  'CLIENT GETNAME': {},
  'CLIENT LIST': { compare: 'kind', words: ({ random }) => random.pick(LISTS) },
  RESET: { skip: OWN_TEST },
  'CLIENT INFO': { compare: 'kind', words: () => [] },
  'CLIENT SETINFO': { skip: 'not in Redis 7.0' },
  'CLIENT KILL': { skip: OWN_TEST },
  'CLIENT NO-EVICT': { words: ({ random }) => [random.pick(['on', 'OFF', 'x', ''])] },
  'CLIENT NO-TOUCH': { skip: 'not in Redis 7.0' },
  'CLIENT REPLY': { skip: OWN_TEST },
  'CLIENT PAUSE': { words: ({ random }) => random.pick(PAUSES) },
  'CLIENT UNBLOCK': {
    words: ({ random }) => random.pick([['999999'], ['x'], ['999999', 'error'], ['999999', 'x']]),
  },
  'CLIENT UNPAUSE': {},
  'CLIENT HELP': { compare: 'kind' },
};
