import { expiryRows } from './expiry.ts';
import { movingRows } from './moving.ts';
import { objectRows } from './object.ts';
import { command, integer, key, keys, text } from './row.ts';

const deletion = <const Name extends string>(name: Name, differs?: string, fast = false) =>
  ({
    name,
    group: 'generic',
    summary: 'Deletes keys and answers how many there were.',
    complexity: 'O(keys)',
    flags: fast ? (['write', 'fast'] as const) : (['write'] as const),
    args: [keys],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
    ...(differs === undefined ? {} : { differs }),
  }) as const;

const keyRows = [
  command(deletion('DEL')),
  command(deletion('DELETE', 'Not in Redis: the same as DEL.')),
  command(deletion('UNLINK', 'The same as DEL, which waits for no memory either.', true)),
  command({
    name: 'DELMATCH',
    group: 'generic',
    summary:
      'Deletes all keys that match a glob pattern and answers how many; done in slices, other clients go on.',
    complexity: 'O(keys in the database)',
    flags: ['write'],
    args: [text('pattern')],
    dangerous: true,
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
    differs:
      'Not in Redis. Not one moment: keys written meanwhile may or may not be deleted. A prefix is a pattern that ends with a star.',
  }),
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
    name: 'TOUCH',
    group: 'generic',
    summary: 'How many of the keys exist; they count as used, for eviction.',
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
    dangerous: true,
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

export const genericRows = [...keyRows, ...expiryRows, ...movingRows, ...objectRows] as const;
