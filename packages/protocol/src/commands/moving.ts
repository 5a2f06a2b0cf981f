import { type Argument, command, integer, key, value } from './row.ts';

const destination = { name: 'destination', kind: 'key' } as const satisfies Argument;
const newKey = { name: 'newkey', kind: 'key' } as const satisfies Argument;
const LENGTH = 'O(length of the value)';

export const movingRows = [
  command({
    name: 'RENAME',
    group: 'generic',
    summary: 'Gives an entry another key, in place of what that held. Its TTL goes with it.',
    complexity: LENGTH,
    flags: ['write'],
    args: [key, newKey],
    reply: { native: 'text', resp: 'ok' },
    event: 'rename_to',
    idempotent: false,
  }),
  command({
    name: 'RENAMENX',
    group: 'generic',
    summary: 'Gives an entry another key if that is absent. Answers 1, or 0.',
    complexity: LENGTH,
    flags: ['write', 'fast'],
    args: [key, newKey],
    reply: { native: 'integer', resp: 'integer' },
    event: 'rename_to',
    idempotent: false,
  }),
  command({
    name: 'COPY',
    group: 'generic',
    summary:
      'Copies an entry, its TTL too, to a key that is absent, or with REPLACE to any; to the same database or to another. Answers 1, or 0.',
    complexity: LENGTH,
    flags: ['write', 'denyoom'],
    args: [key, destination],
    options: [{ DB: [integer('index')] }, { REPLACE: [] }],
    reads: 'first',
    reply: { native: 'integer', resp: 'integer' },
    event: 'copy_to',
    idempotent: false,
  }),
  command({
    name: 'MOVE',
    group: 'generic',
    summary: 'Moves an entry to another database, if its key is absent there. Answers 1, or 0.',
    complexity: LENGTH,
    flags: ['write', 'fast'],
    args: [key, integer('index')],
    reply: { native: 'integer', resp: 'integer' },
    event: 'move_to',
    idempotent: false,
  }),
  command({
    name: 'DUMP',
    group: 'generic',
    summary: 'An entry without its TTL as bytes, for RESTORE; nil for an absent key.',
    complexity: LENGTH,
    flags: ['readonly'],
    args: [key],
    reply: { native: 'bytes-or-nil', resp: 'bulk-or-nil' },
    idempotent: true,
    differs: "The bytes are kvd's own: Redis can't restore them.",
  }),
  command({
    name: 'RESTORE',
    group: 'generic',
    summary:
      'Makes an entry from what DUMP answered, with a TTL in milliseconds, or with ABSTTL a deadline; 0 is none. The key must be absent, but with REPLACE.',
    complexity: LENGTH,
    flags: ['write', 'denyoom'],
    args: [key, integer('ttl'), value],
    options: [
      { REPLACE: [] },
      { ABSTTL: [] },
      { IDLETIME: [integer('seconds')] },
      { FREQ: [integer('frequency')] },
    ],
    dangerous: true,
    reply: { native: 'text', resp: 'ok' },
    event: 'restore',
    idempotent: false,
    differs:
      'What Redis dumped is refused. IDLETIME and FREQ are accepted, and a restored entry counts as new.',
  }),
] as const;
