// What is slow, and what is going on.
import { command, help, text } from './row.ts';

const ADMIN = ['admin', 'noscript', 'loading'] as const;

export const diagnosticsRows = [
  command({
    name: 'SLOWLOG GET',
    group: 'server',
    summary:
      'The newest commands that took longer than slowlog-log-slower-than, 10 or as many as asked for, -1 being all: number, Unix seconds, microseconds, words, address and name of the client.',
    complexity: 'O(entries)',
    flags: ['admin', 'loading'],
    args: [
      {
        name: 'count',
        kind: 'integer',
        optional: true,
        min: -1,
        error: 'count should be greater than or equal to -1',
      },
    ],
    reply: { native: 'any', resp: 'array' },
    idempotent: true,
    differs:
      'Names are as in the table. Where a batch of small commands took long together, its first is there, with how many came behind it. A command that works in slices is there with their sum.',
  }),
  command({
    name: 'SLOWLOG LEN',
    group: 'server',
    summary: 'How many entries the slow log has.',
    complexity: 'O(1)',
    flags: ['admin', 'loading'],
    args: [],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }),
  command({
    name: 'SLOWLOG RESET',
    group: 'server',
    summary: 'Empties the slow log.',
    complexity: 'O(1)',
    flags: ['admin', 'loading'],
    args: [],
    reply: { native: 'text', resp: 'ok' },
    idempotent: true,
  }),
  command(help('SLOWLOG', 'server')),
  command({
    name: 'MONITOR',
    group: 'server',
    summary:
      'From now on the client is sent a line for each command that is executed, until RESET or until it leaves.',
    complexity: 'O(1)',
    flags: ADMIN,
    args: [],
    reply: { native: 'text', resp: 'ok' },
    idempotent: true,
    differs:
      'Names are as in the table, and of a longer argument the first 64 KiB are shown. Natively a line is the push ["monitor", line].',
  }),
  command({
    name: 'LATENCY LATEST',
    group: 'server',
    summary:
      'The kinds of events that took longer than latency-monitor-threshold: name, when the last was, how long it took and how long the longest, in milliseconds.',
    complexity: 'O(kinds)',
    flags: ADMIN,
    args: [],
    reply: { native: 'any', resp: 'array' },
    idempotent: true,
    differs:
      'The kinds are command, and fast-command for those that take constant time. Of a command that works in slices it is the longest that others waited.',
  }),
  command({
    name: 'LATENCY HISTORY',
    group: 'server',
    summary: 'The last 160 events of a kind: Unix seconds and milliseconds, one of each second.',
    complexity: 'O(1)',
    flags: ADMIN,
    args: [text('event')],
    reply: { native: 'any', resp: 'array' },
    idempotent: true,
  }),
  command({
    name: 'LATENCY RESET',
    group: 'server',
    summary: 'Forgets the events of some kinds, or of all; answers how many kinds there were.',
    complexity: 'O(kinds)',
    flags: ADMIN,
    args: [{ name: 'event', kind: 'text', many: true, optional: true }],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }),
  command({
    name: 'LATENCY GRAPH',
    group: 'server',
    summary: 'The last events of a kind as a drawing.',
    complexity: 'O(1)',
    flags: ADMIN,
    args: [text('event')],
    reply: { native: 'text', resp: 'bulk' },
    idempotent: true,
  }),
  command({
    name: 'LATENCY DOCTOR',
    group: 'server',
    summary: 'What was slow and what can be done about it, for people.',
    complexity: 'O(kinds)',
    flags: ADMIN,
    args: [],
    reply: { native: 'text', resp: 'bulk' },
    idempotent: true,
  }),
  command({
    name: 'LATENCY HISTOGRAM',
    group: 'server',
    summary:
      'How long calls of some commands took, or of all: how many were timed, and how many of them took no longer than each power of two of microseconds.',
    complexity: 'O(commands)',
    flags: ADMIN,
    args: [{ name: 'command', kind: 'text', many: true, optional: true }],
    reply: { native: 'map', resp: 'map' },
    idempotent: true,
    differs: 'Of small commands only some calls are timed; see INFO.',
  }),
  command(help('LATENCY', 'server')),
] as const;
