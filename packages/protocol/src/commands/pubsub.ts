import { type Argument, type CommandRow, command, help, text, value } from './row.ts';

const FLAGS = ['pubsub', 'loading', 'noscript'] as const;
const many = <const Name extends string>(name: Name) =>
  ({ name, kind: 'text', many: true }) as const satisfies Argument;
const any = <const Name extends string>(name: Name) =>
  ({ name, kind: 'text', many: true, optional: true }) as const satisfies Argument;

const CONFIRMED =
  'Over RESP there is a confirmation for each, with the number of subscriptions; natively one reply, which is that number. Messages come as pushes.';

const subscribing = <const Name extends string, const Args extends CommandRow['args']>(
  name: Name,
  summary: string,
  args: Args,
) =>
  ({
    name,
    group: 'pubsub',
    summary: `${summary} ${CONFIRMED}`,
    complexity: 'O(channels)',
    flags: FLAGS,
    args,
    reply: { native: 'integer', resp: 'array' },
    idempotent: true,
  }) as const;

const publishing = <const Name extends string>(name: Name, summary: string) =>
  ({
    name,
    group: 'pubsub',
    summary: `${summary} Answers how many got it.`,
    complexity: 'O(subscribers + patterns)',
    flags: ['pubsub', 'loading', 'fast'],
    args: [text('channel'), value],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: false,
    differs:
      'A message keeps its type between native clients; a RESP client gets it as GET would show it.',
  }) as const;

const listing = <const Name extends string>(name: Name, summary: string) =>
  ({
    name,
    group: 'pubsub',
    summary,
    complexity: 'O(channels)',
    flags: FLAGS,
    args: [any('pattern')],
    reply: { native: 'keys', resp: 'array' },
    idempotent: true,
  }) as const;

const counting = <const Name extends string>(name: Name, summary: string) =>
  ({
    name,
    group: 'pubsub',
    summary,
    complexity: 'O(channels named)',
    flags: FLAGS,
    args: [any('channel')],
    reply: { native: 'any', resp: 'array' },
    idempotent: true,
  }) as const;

export const pubsubRows = [
  command(
    subscribing('SUBSCRIBE', 'Gets what is published to channels from now on.', [many('channel')]),
  ),
  command(
    subscribing('UNSUBSCRIBE', 'Ends subscriptions to channels, or to all of them.', [
      any('channel'),
    ]),
  ),
  command(
    subscribing('PSUBSCRIBE', 'Gets what is published to channels that match glob patterns.', [
      many('pattern'),
    ]),
  ),
  command(
    subscribing('PUNSUBSCRIBE', 'Ends subscriptions to patterns, or to all of them.', [
      any('pattern'),
    ]),
  ),
  command(
    subscribing('SSUBSCRIBE', 'Gets what is published to shard channels.', [many('channel')]),
  ),
  command(
    subscribing('SUNSUBSCRIBE', 'Ends subscriptions to shard channels, or to all of them.', [
      any('channel'),
    ]),
  ),
  command(publishing('PUBLISH', 'Sends a message to all who have subscribed to a channel.')),
  command(publishing('SPUBLISH', 'Sends a message to all who have subscribed to a shard channel.')),
  command(
    listing(
      'PUBSUB CHANNELS',
      'The channels that somebody has subscribed to, or those that match a pattern.',
    ),
  ),
  command(counting('PUBSUB NUMSUB', 'Channels and how many have subscribed to each, in turn.')),
  command({
    name: 'PUBSUB NUMPAT',
    group: 'pubsub',
    summary: 'How many different patterns somebody has subscribed to.',
    complexity: 'O(1)',
    flags: FLAGS,
    args: [],
    reply: { native: 'integer', resp: 'integer' },
    idempotent: true,
  }),
  command(listing('PUBSUB SHARDCHANNELS', 'As CHANNELS, for shard channels.')),
  command(counting('PUBSUB SHARDNUMSUB', 'As NUMSUB, for shard channels.')),
  command(help('PUBSUB', 'pubsub')),
] as const;
