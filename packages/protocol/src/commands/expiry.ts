import { command, integer, key } from './row.ts';

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
    event: 'expire',
    unknownOption: 'Unsupported option {option}',
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
  }) as const;

const remaining = <const Name extends string>(name: Name, summary: string) =>
  ({
    name,
    group: 'generic',
    summary: `${summary}: -1 without a TTL, -2 for an absent key.`,
    complexity: 'O(1)',
    flags: ['readonly', 'fast'],
    args: [key],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }) as const;

export const expiryRows = [
  command(expiry('EXPIRE', 'seconds', 'Sets a TTL in seconds.')),
  command(expiry('PEXPIRE', 'milliseconds', 'Sets a TTL in milliseconds.')),
  command(expiry('EXPIREAT', 'unix-seconds', 'Sets a deadline in Unix seconds.')),
  command(expiry('PEXPIREAT', 'unix-milliseconds', 'Sets a deadline in Unix milliseconds.')),
  command(remaining('TTL', 'The time to live in seconds, rounded to the nearest')),
  command(remaining('PTTL', 'The time to live in milliseconds')),
  command(remaining('EXPIRETIME', 'The deadline in Unix seconds')),
  command(remaining('PEXPIRETIME', 'The deadline in Unix milliseconds')),
  command({
    name: 'PERSIST',
    group: 'generic',
    summary: 'Removes the TTL of a key. Answers 1, or 0 when there was none.',
    complexity: 'O(1)',
    flags: ['write', 'fast'],
    args: [key],
    reply: { native: 'integer', resp: 'integer' },
    event: 'persist',
    idempotent: false,
  }),
] as const;
