import { VALUE_BYTES_MAX } from '../limits.ts';
import { type Argument, command, integer, integerWithin, key, text } from './row.ts';

const BYTES_OR_BITS = [{ BYTE: [], BIT: [] }] as const;
const BITS_MAX = VALUE_BYTES_MAX * 8;
const offset = integerWithin(
  'offset',
  [0, BITS_MAX - 1],
  'bit offset is not an integer or out of range',
);
const start = { name: 'start', kind: 'integer', optional: true } as const satisfies Argument;
const end = { name: 'end', kind: 'integer', optional: true } as const satisfies Argument;
const operations = {
  name: 'operation',
  kind: 'text',
  many: true,
  optional: true,
} as const satisfies Argument;

export const bitmapRows = [
  command({
    name: 'SETBIT',
    group: 'bitmap',
    summary:
      'Sets or clears a bit and answers what it was; the value grows as needed. Keeps the TTL.',
    complexity: 'O(length)',
    flags: ['write', 'denyoom'],
    args: [key, offset, integerWithin('bit', [0, 1], 'bit is not an integer or out of range')],
    reply: { native: 'integer', resp: 'integer' },
    event: 'setbit',
    idempotent: true,
  }),
  command({
    name: 'GETBIT',
    group: 'bitmap',
    summary: 'The bit at an offset; 0 behind the end.',
    complexity: 'O(1)',
    flags: ['readonly', 'fast'],
    args: [key, offset],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }),
  command({
    name: 'BITCOUNT',
    group: 'bitmap',
    summary: 'How many bits are set, in all or from one byte (or BIT) to another.',
    complexity: 'O(length)',
    flags: ['readonly'],
    args: [key, start, end],
    options: BYTES_OR_BITS,
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
    differs: 'A range that makes no sense is an error for an absent key too, as in Redis 7.2.',
  }),
  command({
    name: 'BITPOS',
    group: 'bitmap',
    summary: 'Where the first bit is that is 0 or 1, in all or from one byte (or BIT) to another.',
    complexity: 'O(length)',
    flags: ['readonly'],
    args: [key, integer('bit'), start, end],
    options: BYTES_OR_BITS,
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
    differs: 'A range that makes no sense is an error for an absent key too, as in Redis 7.2.',
  }),
  command({
    name: 'BITOP',
    group: 'bitmap',
    summary:
      'Combines values by AND, OR, XOR or NOT and stores the result, whose length is answered; an empty one deletes the key.',
    complexity: 'O(length of all)',
    flags: ['write', 'denyoom'],
    args: [text('operation'), { name: 'destination', kind: 'key' }, { ...key, many: true }],
    reads: 'others',
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
  }),
  command({
    name: 'BITFIELD',
    group: 'bitmap',
    summary:
      'Reads and writes integers of 1 to 64 bits: GET type offset, SET type offset value, INCRBY type offset increment, OVERFLOW WRAP | SAT | FAIL. One answer for each, but for OVERFLOW.',
    complexity: 'O(operations + length)',
    flags: ['write', 'denyoom'],
    args: [key, operations],
    reply: { native: 'integers-or-nils', resp: 'array' },
    event: 'setbit',
    idempotent: false,
  }),
  command({
    name: 'BITFIELD_RO',
    group: 'bitmap',
    summary: 'BITFIELD with GET only.',
    complexity: 'O(operations)',
    flags: ['readonly', 'fast'],
    args: [key, operations],
    reply: { native: 'integers-or-nils', resp: 'array' },
    idempotent: true,
  }),
] as const;
