import type { ReplyWriter } from '@kv/protocol';
import { matchesGlob } from './glob.ts';
import type { Message } from './message.ts';
import type { Session } from './session.ts';
import { Subscriptions } from './subscriptions.ts';

/** What can be subscribed to. */
export type SubscriptionKind = keyof Pick<Subscriptions, 'channels' | 'patterns' | 'shardChannels'>;

/** A channel or pattern, and who has subscribed to it. */
interface Topic {
  readonly name: Uint8Array;
  readonly sessions: Set<Session>;
}

const latin1 = new TextDecoder('latin1');
const keyOf = (name: Uint8Array): string => latin1.decode(name);

const MESSAGE_KINDS = {
  channels: 'message',
  patterns: 'pmessage',
  shardChannels: 'smessage',
} as const;

/** Who has subscribed to what, and the way of messages to them. */
export class PubSub {
  private readonly topics: Readonly<Record<SubscriptionKind, Map<string, Topic>>> = {
    channels: new Map(),
    patterns: new Map(),
    shardChannels: new Map(),
  };

  /** Adds a subscription; again, it does nothing. */
  subscribe(session: Session, kind: SubscriptionKind, name: Uint8Array): void {
    const key = keyOf(name);
    session.subscriptions ??= new Subscriptions();
    if (session.subscriptions[kind].has(key)) return;
    session.subscriptions[kind].add(key);
    const topic = this.topics[kind].get(key) ?? { name: name.slice(), sessions: new Set() };
    topic.sessions.add(session);
    this.topics[kind].set(key, topic);
  }

  /** Ends a subscription, if there is one. */
  unsubscribe(session: Session, kind: SubscriptionKind, name: Uint8Array): void {
    const key = keyOf(name);
    if (!session.subscriptions?.[kind].delete(key)) return;
    const topic = this.topics[kind].get(key);
    topic?.sessions.delete(session);
    if (topic?.sessions.size === 0) this.topics[kind].delete(key);
    if (session.subscriptions.isEmpty) session.subscriptions = undefined;
  }

  /** The names that a client has subscribed to. */
  namesOf(session: Session, kind: SubscriptionKind): readonly Uint8Array[] {
    const keys = [...(session.subscriptions?.[kind] ?? [])];
    return keys.map((key) => (this.topics[kind].get(key) as Topic).name);
  }

  /** Ends all subscriptions of a client. */
  forget(session: Session): void {
    for (const kind of ['channels', 'patterns', 'shardChannels'] as const)
      for (const name of this.namesOf(session, kind)) this.unsubscribe(session, kind, name);
  }

  /** Sends a message to everybody who has subscribed to a channel; answers how many that were. */
  publish(channel: Uint8Array, message: Message): number {
    let receivers = this.deliver(
      'channels',
      this.topics.channels.get(keyOf(channel)),
      channel,
      message,
    );
    for (const topic of this.topics.patterns.values())
      if (matchesGlob(topic.name, channel))
        receivers += this.deliver('patterns', topic, channel, message);
    return receivers;
  }

  /** The same for a shard channel, which no pattern matches. */
  publishToShard(channel: Uint8Array, message: Message): number {
    const topic = this.topics.shardChannels.get(keyOf(channel));
    return this.deliver('shardChannels', topic, channel, message);
  }

  private deliver(
    kind: SubscriptionKind,
    topic: Topic | undefined,
    channel: Uint8Array,
    message: Message,
  ): number {
    if (topic === undefined) return 0;
    const bytes = topic.name.length + channel.length + message.length;
    const own = channel.slice();
    const write = (out: ReplyWriter): void => {
      out.push(kind === 'patterns' ? 4 : 3);
      out.text(MESSAGE_KINDS[kind]);
      if (kind === 'patterns') out.bytes(topic.name);
      out.bytes(own);
      out.value(message, 0);
    };
    for (const session of topic.sessions) session.push(write, bytes);
    return topic.sessions.size;
  }

  /** The names that somebody has subscribed to, or those that match a pattern. */
  names(kind: SubscriptionKind, pattern: Uint8Array | undefined): readonly Uint8Array[] {
    const names = [...this.topics[kind].values()].map(({ name }) => name);
    return pattern === undefined ? names : names.filter((name) => matchesGlob(pattern, name));
  }

  /** How many have subscribed to a name. */
  subscribers(kind: SubscriptionKind, name: Uint8Array): number {
    return this.topics[kind].get(keyOf(name))?.sessions.size ?? 0;
  }

  /** How many names somebody has subscribed to. */
  count(kind: SubscriptionKind): number {
    return this.topics[kind].size;
  }
}
