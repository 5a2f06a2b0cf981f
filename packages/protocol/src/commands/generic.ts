import { command, integer, key, keys, text } from './row.ts';

const deletion = <const Name extends string>(name: Name, differs?: string) =>
  ({
    name,
    group: 'generic',
    summary: 'Deletes keys and answers how many there were.',
    complexity: 'O(keys)',
    flags: ['write'],
    args: [keys],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
    ...(differs === undefined ? {} : { differs }),
  }) as const;

const expiry = <const Name extends string, const Unit extends string>(
  name: Name,
  unit: Unit,
  summary: string,
) =>
  ({
    name,
    group: 'generic',
    summary: `${summary} A time that has passed deletes the key. Answers 1, or 0 when the key is absent or the condition refuses.`,
    complexity: 'O(1)',
    flags: ['write', 'fast'],
    args: [key, integer(unit)],
    options: [{ NX: [] }, { XX: [] }, { GT: [] }, { LT: [] }],
    conflicts: [
      {
        option: 'NX',
        others: ['XX', 'GT', 'LT'],
        message: 'NX and XX, GT or LT options at the same time are not compatible',
      },
      {
        option: 'GT',
        others: ['LT'],
        message: 'GT and LT options at the same time are not compatible',
      },
    ],
    unknownOption: 'Unsupported option',
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
  }) as const;

const remaining = <const Name extends string>(name: Name, unit: string) =>
  ({
    name,
    group: 'generic',
    summary: `The time to live in ${unit}: -1 without a TTL, -2 for an absent key.`,
    complexity: 'O(1)',
    flags: ['readonly', 'fast'],
    args: [key],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }) as const;

export const genericRows = [
  command(deletion('DEL')),
  command(deletion('DELETE', 'Not in Redis: the same as DEL.')),
  command({
    name: 'EXISTS',
    group: 'generic',
    summary: 'How many of the keys exist; a key named twice counts twice.',
    complexity: 'O(keys)',
    flags: ['readonly', 'fast'],
    args: [keys],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }),
  command({
    name: 'TYPE',
    group: 'generic',
    summary: 'The kind of a key: string, or none for an absent key.',
    complexity: 'O(1)',
    flags: ['readonly', 'fast'],
    args: [key],
    reply: { native: 'text', resp: 'simple' },
    idempotent: true,
  }),
  command(expiry('EXPIRE', 'seconds', 'Sets a TTL in seconds.')),
  command(expiry('PEXPIRE', 'milliseconds', 'Sets a TTL in milliseconds.')),
  command(expiry('EXPIREAT', 'unix-seconds', 'Sets a deadline in Unix seconds.')),
  command(expiry('PEXPIREAT', 'unix-milliseconds', 'Sets a deadline in Unix milliseconds.')),
  command(remaining('TTL', 'seconds, rounded to the nearest')),
  command(remaining('PTTL', 'milliseconds')),
  command({
    name: 'PERSIST',
    group: 'generic',
    summary: 'Removes the TTL of a key. Answers 1, or 0 when there was none.',
    complexity: 'O(1)',
    flags: ['write', 'fast'],
    args: [key],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
  }),
  command({
    name: 'SCAN',
    group: 'generic',
    summary:
      'A page of keys and the cursor of the next; cursor 0 starts, and cursor 0 back means the end. A key present throughout is returned exactly once.',
    complexity: 'O(COUNT) a call',
    flags: ['readonly'],
    args: [text('cursor')],
    options: [
      { MATCH: [text('pattern')] },
      { COUNT: [integer('count')] },
      { TYPE: [text('type')] },
    ],
    reply: { native: 'scan', resp: 'array' },
    idempotent: true,
    differs: 'One call visits 10,000 entries at most, whatever COUNT asks for.',
  }),
  command({
    name: 'KEYS',
    group: 'generic',
    summary: 'All keys that match a glob pattern; done in slices, other clients go on.',
    complexity: 'O(keys in the database)',
    flags: ['readonly'],
    args: [text('pattern')],
    reply: { native: 'keys', resp: 'array' },
    idempotent: true,
    differs: 'Not one moment: keys written or deleted meanwhile may or may not be listed.',
  }),
  command({
    name: 'RANDOMKEY',
    group: 'generic',
    summary: 'A key chosen at random, each with the same chance.',
    complexity: 'O(1)',
    flags: ['readonly'],
    args: [],
    reply: { native: 'key-or-nil', resp: 'bulk-or-nil' },
    idempotent: true,
  }),
] as const;
