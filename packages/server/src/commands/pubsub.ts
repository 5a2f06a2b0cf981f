import { errorReply, type ReplyWriter, type RequestBatch } from '@kv/protocol';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { Message } from '../message.ts';
import type { PubSub, SubscriptionKind } from '../pubsub.ts';
import { quoted } from '../quoted.ts';
import type { Session } from '../session.ts';
import { commandHelp } from './help.ts';

const PREFIX = { channels: '', patterns: 'p', shardChannels: 's' } as const;

/** The number that a confirmation tells: shard channels are counted by themselves. */
function subscriptionCount({ subscriptions }: Session, kind: SubscriptionKind): number {
  if (subscriptions === undefined) return 0;
  const { channels, patterns, shardChannels } = subscriptions;
  return kind === 'shardChannels' ? shardChannels.size : channels.size + patterns.size;
}

/** Tells a RESP client of one subscription that has begun or ended. */
function confirm(
  out: ReplyWriter,
  session: Session,
  kind: SubscriptionKind,
  verb: 'subscribe' | 'unsubscribe',
  name: Uint8Array | undefined,
): void {
  if (session.protocol === 1) return;
  out.push(3);
  out.text(`${PREFIX[kind]}${verb}`);
  if (name === undefined) out.absent();
  else out.bytes(name);
  out.integer(subscriptionCount(session, kind));
}

const namesIn = (request: RequestBatch): readonly Uint8Array[] =>
  Array.from({ length: request.size }, (_, i) => request.range(request.at + i));

function subscribe({ pubsub }: ServerContext, kind: SubscriptionKind): Handler {
  return (request, session, out) => {
    for (const name of namesIn(request)) {
      pubsub.subscribe(session, kind, name);
      confirm(out, session, kind, 'subscribe', name);
    }
    if (session.protocol === 1) out.integer(subscriptionCount(session, kind));
  };
}

function unsubscribe({ pubsub }: ServerContext, kind: SubscriptionKind): Handler {
  return (request, session, out) => {
    const names = request.size > 0 ? namesIn(request) : pubsub.namesOf(session, kind);
    for (const name of names) {
      pubsub.unsubscribe(session, kind, name);
      confirm(out, session, kind, 'unsubscribe', name);
    }
    if (names.length === 0) confirm(out, session, kind, 'unsubscribe', undefined);
    if (session.protocol === 1) out.integer(subscriptionCount(session, kind));
  };
}

/** In Redis's words, which are others than for other commands. */
const severalPatterns = (request: RequestBatch) =>
  errorReply(
    `unknown subcommand or wrong number of arguments for '${quoted(request, request.at - 1)}'. Try PUBSUB HELP.`,
  );

const names =
  (pubsub: PubSub, kind: SubscriptionKind): Handler =>
  (request, _session, out) => {
    if (request.size > 1) return out.error(severalPatterns(request));
    const pattern = request.size > 0 ? request.range(request.at) : undefined;
    const found = pubsub.names(kind, pattern);
    out.array(found.length);
    for (const name of found) out.bytes(name);
  };

const numbers =
  (pubsub: PubSub, kind: SubscriptionKind): Handler =>
  (request, _session, out) => {
    out.array(request.size * 2);
    for (const name of namesIn(request)) {
      out.bytes(name);
      out.integer(pubsub.subscribers(kind, name));
    }
  };

/** Handlers of `protocol/src/commands/pubsub.ts`, row by row. */
export function pubsubCommands(context: ServerContext): Handlers<'pubsub'> {
  const { pubsub } = context;
  return {
    SUBSCRIBE: subscribe(context, 'channels'),
    UNSUBSCRIBE: unsubscribe(context, 'channels'),
    PSUBSCRIBE: subscribe(context, 'patterns'),
    PUNSUBSCRIBE: unsubscribe(context, 'patterns'),
    SSUBSCRIBE: subscribe(context, 'shardChannels'),
    SUNSUBSCRIBE: unsubscribe(context, 'shardChannels'),
    PUBLISH: (request, _session, out) =>
      out.integer(pubsub.publish(request.range(request.at), Message.of(request, request.at + 1))),
    SPUBLISH: (request, _session, out) =>
      out.integer(
        pubsub.publishToShard(request.range(request.at), Message.of(request, request.at + 1)),
      ),
    'PUBSUB CHANNELS': names(pubsub, 'channels'),
    'PUBSUB NUMSUB': numbers(pubsub, 'channels'),
    'PUBSUB NUMPAT': (_request, _session, out) => out.integer(pubsub.count('patterns')),
    'PUBSUB SHARDCHANNELS': names(pubsub, 'shardChannels'),
    'PUBSUB SHARDNUMSUB': numbers(pubsub, 'shardChannels'),
    'PUBSUB HELP': commandHelp('PUBSUB'),
  };
}
