import { command, keys } from './row.ts';

const bare = <const Name extends string, const Flags extends readonly string[]>(
  name: Name,
  flags: Flags,
  summary: string,
) =>
  ({
    name,
    group: 'transactions',
    summary,
    complexity: 'O(1)',
    flags,
    args: [],
    reply: { native: 'text', resp: 'ok' },
    idempotent: false,
  }) as const;

export const transactionRows = [
  command(
    bare(
      'MULTI',
      ['fast', 'loading', 'noscript'],
      'Begins a transaction: commands are queued, and EXEC executes them with nobody in between.',
    ),
  ),
  command({
    name: 'EXEC',
    group: 'transactions',
    summary:
      'Executes what was queued since MULTI and answers all replies; nil, and nothing is executed, when a watched key has changed.',
    complexity: 'O(what was queued)',
    flags: ['loading', 'noscript', 'skip_slowlog'],
    args: [],
    reply: { native: 'any', resp: 'array' },
    idempotent: false,
    differs:
      'What is done in slices elsewhere (KEYS, LCS, DELMATCH) is done at once here, and SAVE and SHUTDOWN are refused.',
  }),
  command(
    bare(
      'DISCARD',
      ['fast', 'loading', 'noscript'],
      'Forgets what was queued since MULTI, and what is watched.',
    ),
  ),
  command({
    name: 'WATCH',
    group: 'transactions',
    summary:
      'The next EXEC executes nothing if one of the keys has changed by then, or has expired.',
    complexity: 'O(keys)',
    flags: ['fast', 'loading', 'noscript'],
    args: [keys],
    reply: { native: 'text', resp: 'ok' },
    idempotent: true,
  }),
  command(bare('UNWATCH', ['fast', 'loading', 'noscript'], 'Forgets what is watched.')),
] as const;
