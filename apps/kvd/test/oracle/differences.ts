// Where kvd answers otherwise than redis-server, on purpose.
import type { Words } from './script.ts';

/** An intended difference. */
export interface IntendedDifference {
  readonly what: string;
  readonly why: string;
  /**
   * Whether it explains two replies, which are raw. Without it scripts keep out of the way:
   * what the servers hold would not be the same afterwards.
   */
  readonly explains?: (words: Words, redis: string, kvd: string) => boolean;
}

/** All of them. `pnpm oracle --differences` prints the list. */
export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    what: 'At the very millisecond of its deadline an entry is gone; Redis keeps it until the next.',
    why: 'A TTL of one second lasts a second. Scripts never stop the clock at a deadline.',
  },
  {
    what: 'A deadline beyond 2^53-1 milliseconds is an error; Redis takes 2^63-1.',
    why: 'Deadlines are JavaScript numbers, exact for 285,000 years. Scripts draw none beyond.',
  },
  {
    what: 'MEMORY USAGE of an entry that has expired is nil; Redis tells the size until it is removed.',
    why: 'Expired entries are never seen.',
    explains: (words, redis, kvd) => isCommand(words, 'MEMORY') && redis[0] === ':' && isNil(kvd),
  },
  {
    what: 'Arguments that make no sense are an error for an absent key too: BITCOUNT, BITPOS, GETEX.',
    why: 'Arguments are checked before the command runs; Redis 7.2 does so for the bit commands.',
    explains: (words, redis, kvd) =>
      isCommand(words, 'BITCOUNT', 'BITPOS', 'GETEX') &&
      areErrors(kvd) &&
      (isNil(redis) || redis === ':0\r\n' || redis === ':-1\r\n'),
  },
  {
    what: 'Of an option that is given twice only the last is looked at, also where Redis looks at both: COPY, LCS, MEMORY USAGE.',
    why: 'It is one rule for all commands. Scripts do not give operands twice.',
  },
  {
    what: 'A BITFIELD that makes a value longer counts as a change, to WATCH and keyspace events, even if all it writes overflows and fails.',
    why: 'The value is longer afterwards. In scripts something else makes it longer.',
  },
  {
    what: 'BITFIELD with OVERFLOW SAT takes a number near to -2^63 to the least of a type; Redis, whose own arithmetic overflows, to the greatest.',
    why: 'The least is right. Scripts draw no such numbers.',
  },
  {
    what: 'A star matches the empty name too: key, channel. In Redis it does so only where it is all of the pattern of KEYS or SCAN.',
    why: 'That is what a star means. Scripts do not publish to a channel without a name.',
  },
  {
    what: 'A command that fails tells of no key that it missed; in Redis LCS and BITFIELD may.',
    why: 'Arguments are checked before keys are looked for. Scripts with events leave them out.',
  },
  {
    what: 'A wrong number of arguments is told in the same words by all commands; in Redis CLIENT PAUSE, CONFIG SET and SLOWLOG GET have others.',
    why: 'It is one rule for all commands.',
    explains: (words, redis, kvd) =>
      areErrors(redis, kvd) &&
      ((isCommand(words, 'CLIENT') && words.length > 4) ||
        (isCommand(words, 'CONFIG') && words.length % 2 === 1) ||
        (isCommand(words, 'SLOWLOG') && words.length > 3)),
  },
  {
    what: 'CONFIG SET tells what a value must be in words of its own.',
    why: 'They say what is allowed.',
    explains: (_words, redis, kvd) =>
      [redis, kvd].every((reply) => /^-ERR CONFIG SET failed .* - argument/.test(reply)),
  },
  {
    what: 'Where several arguments are wrong, another one may be complained of: BITCOUNT, BITPOS, CLIENT UNBLOCK, COPY, HELLO, LCS, MEMORY USAGE, RESTORE, SCAN.',
    why: 'Options are checked by the table, before the command runs.',
    explains: (words, redis, kvd) =>
      areErrors(redis, kvd) &&
      words.length > 2 &&
      (isCommand(
        words,
        'BITCOUNT',
        'BITPOS',
        'COPY',
        'HELLO',
        'LCS',
        'MEMORY',
        'RESTORE',
        'SCAN',
      ) ||
        words[1]?.toUpperCase() === 'UNBLOCK'),
  },
];

const isCommand = (words: Words, ...names: readonly string[]): boolean =>
  names.includes((words[0] ?? '').toUpperCase());
const isNil = (reply: string): boolean => reply === '$-1\r\n' || reply === '_\r\n';
const areErrors = (...replies: readonly string[]): boolean =>
  replies.every((reply) => reply.startsWith('-'));

/** Whether two replies that are not equal differ on purpose. */
export function isIntended(words: Words, redis: string, kvd: string): boolean {
  return INTENDED_DIFFERENCES.some(({ explains }) => explains?.(words, redis, kvd));
}
