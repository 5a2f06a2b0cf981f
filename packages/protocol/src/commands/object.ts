import { command, help, key } from './row.ts';

export const objectRows = [
  command({
    name: 'OBJECT ENCODING',
    group: 'generic',
    summary: 'How Redis would hold the value: int, embstr or raw; nil for an absent key.',
    complexity: 'O(1)',
    flags: ['readonly'],
    args: [key],
    reply: { native: 'text-or-nil', resp: 'bulk-or-nil' },
    idempotent: true,
    differs: 'Told by the value alone, whatever has been done to it.',
  }),
  command({
    name: 'OBJECT REFCOUNT',
    group: 'generic',
    summary: 'How many share the value: 1; nil for an absent key.',
    complexity: 'O(1)',
    flags: ['readonly'],
    args: [key],
    reply: { native: 'integer-or-nil', resp: 'integer-or-nil' },
    idempotent: true,
  }),
  command({
    name: 'OBJECT FREQ',
    group: 'generic',
    summary: 'How often the key was read lately, from 0 to 3, where eviction goes by use.',
    complexity: 'O(1)',
    flags: ['readonly'],
    args: [key],
    reply: { native: 'integer-or-nil', resp: 'integer-or-nil' },
    idempotent: true,
    differs:
      'Two bits, where Redis has eight; an error unless the eviction policy is of lru or lfu.',
  }),
  command({
    name: 'OBJECT IDLETIME',
    group: 'generic',
    summary: 'An error: the time of the last use is not kept.',
    complexity: 'O(1)',
    flags: ['readonly'],
    args: [key],
    reply: { native: 'integer-or-nil', resp: 'integer-or-nil' },
    idempotent: true,
    differs: 'Always an error, but for an absent key, which is nil.',
  }),
  command(help('OBJECT', 'generic')),
] as const;
