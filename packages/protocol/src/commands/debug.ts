// What tests do to a server; refused unless enable-debug-command allows it.
import { command, help, integer, key, text } from './row.ts';

const FLAGS = ['admin', 'noscript', 'loading'] as const;
const DIFFERS = 'Of the subcommands of DEBUG those that tests use.';

export const debugRows = [
  command({
    name: 'DEBUG SLEEP',
    group: 'server',
    summary: 'Stops the whole server for so many seconds, which may have a fraction.',
    complexity: 'O(1)',
    flags: FLAGS,
    args: [text('duration')],
    reply: { native: 'text', resp: 'ok' },
    idempotent: true,
    differs: DIFFERS,
  }),
  command({
    name: 'DEBUG SET-ACTIVE-EXPIRE',
    group: 'server',
    summary: 'With 0, expired entries are removed only when somebody asks for them; 1 is as usual.',
    complexity: 'O(1)',
    flags: FLAGS,
    args: [integer('on')],
    reply: { native: 'text', resp: 'ok' },
    idempotent: true,
    differs: DIFFERS,
  }),
  command({
    name: 'DEBUG OBJECT',
    group: 'server',
    summary: 'How the value of a key is held, as a line of words.',
    complexity: 'O(1)',
    flags: FLAGS,
    args: [key],
    reply: { native: 'text', resp: 'simple' },
    idempotent: true,
    differs: 'Without the time of the last use, which is not kept; the address is 0.',
  }),
  command({
    name: 'DEBUG JMAP',
    group: 'server',
    summary: 'Does nothing, and answers OK: tests of clients send it.',
    complexity: 'O(1)',
    flags: FLAGS,
    args: [],
    reply: { native: 'text', resp: 'ok' },
    idempotent: true,
    differs: DIFFERS,
  }),
  command(help('DEBUG', 'server')),
] as const;
