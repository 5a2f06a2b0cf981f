import { KvError } from './errors.ts';
import type { Key } from './method-types.ts';
import { keyText } from './scope.ts';
import { type Subscription, type SubscriptionEvent, SubscriptionQueue } from './subscription.ts';

/** Channels, patterns for channels, and shard channels: by the kind of their messages. */
const KINDS = {
  message: { subscribe: 'SUBSCRIBE', unsubscribe: 'UNSUBSCRIBE' },
  pmessage: { subscribe: 'PSUBSCRIBE', unsubscribe: 'PUNSUBSCRIBE' },
  smessage: { subscribe: 'SSUBSCRIBE', unsubscribe: 'SUNSUBSCRIBE' },
} as const;

export type SubscriptionKind = keyof typeof KINDS;

/** Sends a command; without a time limit it waits for a connection and is sent again by itself. */
export type Send = (name: string, args: readonly unknown[], timeoutMs?: number) => Promise<unknown>;

/** How a subscription listens. */
export interface ListenOptions {
  readonly queueMax: number;
  readonly timeoutMs: number | undefined;
  readonly signals: readonly AbortSignal[];
}

interface Listened {
  readonly name: Key;
  readonly queues: Set<SubscriptionQueue>;
}

const overflow = (queueMax: number): KvError =>
  new KvError('QUEUE_FULL', `${queueMax} messages waited to be taken, and were dropped`);

/**
 * All subscriptions of a client. The server is told of a channel once, however many
 * listen to it, and again on every new connection.
 */
export class Subscriptions {
  private readonly send: Send;
  private readonly listened: Record<SubscriptionKind, Map<string, Listened>> = {
    message: new Map(),
    pmessage: new Map(),
    smessage: new Map(),
  };
  /** Why the last connection was lost, until all is confirmed on the next. */
  private lossReason: KvError | undefined;
  private resubscribing = false;

  constructor(send: Send) {
    this.send = send;
  }

  /** Whether anybody listens to anything. */
  get isListening(): boolean {
    return Object.values(this.listened).some(({ size }) => size > 0);
  }

  /** Begins to listen. What the server refuses, the subscription throws. */
  open(
    kind: SubscriptionKind,
    names: readonly Key[],
    { queueMax, timeoutMs, signals }: ListenOptions,
  ): Subscription {
    const queue = new SubscriptionQueue(queueMax, () => this.leave(kind, names, queue));
    const map = this.listened[kind];
    for (const name of names) {
      const text = keyText(name);
      const listened = map.get(text);
      if (listened === undefined) map.set(text, { name, queues: new Set([queue]) });
      else listened.queues.add(queue);
    }
    const fail = (error: Error) => {
      queue.refused(error);
      this.leave(kind, names, queue);
    };
    this.send(KINDS[kind].subscribe, names, timeoutMs).then(() => queue.confirmed(), fail);
    if (signals.length > 0) follow(signals, queue, fail);
    return queue;
  }

  /** Closes every subscription that has one of these names, or without names all; says how many. */
  async close(kind: SubscriptionKind, names: readonly Key[]): Promise<number> {
    const map = this.listened[kind];
    const listened =
      names.length === 0 ? [...map.values()] : names.map((name) => map.get(keyText(name)));
    const queues = new Set(listened.flatMap((one) => [...(one?.queues ?? [])]));
    await Promise.all([...queues].map((queue) => queue.close()));
    return queues.size;
  }

  private leave(kind: SubscriptionKind, names: readonly Key[], queue: SubscriptionQueue): void {
    const map = this.listened[kind];
    const deserted = names.filter((name) => {
      const listened = map.get(keyText(name));
      if (listened === undefined || !listened.queues.delete(queue)) return false;
      return listened.queues.size === 0 && map.delete(keyText(name));
    });
    if (deserted.length === 0) return;
    // A connection that is lost has no subscriptions any more; a client that is closed, none at all.
    this.send(KINDS[kind].unsubscribe, deserted).catch(() => {});
  }

  /** A push has come. Kinds that are unknown are skipped, as FORMAT.md says. */
  deliver(push: unknown): void {
    if (!Array.isArray(push)) return;
    const [kind, ...rest] = push;
    if (kind === 'pmessage') {
      const [pattern, channel, value] = rest;
      this.give(kind, pattern, { kind: 'message', channel, value, pattern });
    } else if (kind === 'message' || kind === 'smessage') {
      const [channel, value] = rest;
      this.give(kind, channel, { kind: 'message', channel, value });
    }
  }

  private give(kind: SubscriptionKind, name: Key, event: SubscriptionEvent<unknown>): void {
    const listened = this.listened[kind].get(keyText(name));
    for (const queue of listened?.queues ?? []) queue.add(event, overflow);
  }

  /** A message was lost, nobody knows of which channel. */
  missed(reason: Error): void {
    for (const queue of this.queues()) queue.add({ kind: 'missed', reason }, overflow);
  }

  lost(reason: KvError): void {
    this.lossReason = reason;
  }

  /** There is another connection: the server is told all again, then everybody of what was missed. */
  async restored(): Promise<void> {
    if (this.lossReason === undefined || this.resubscribing) return;
    this.resubscribing = true;
    const told = this.queues();
    try {
      let reason: KvError;
      do {
        reason = this.lossReason;
        await Promise.all(this.requests().map(([name, names]) => this.send(name, names, 0)));
        // What was confirmed on a connection that is lost again has to be told again.
      } while (this.lossReason !== reason);
      this.lossReason = undefined;
      for (const queue of told) queue.add({ kind: 'missed', reason }, overflow);
    } catch (error) {
      this.end(error as Error);
    } finally {
      this.resubscribing = false;
    }
  }

  private requests(): (readonly [string, readonly Key[]])[] {
    return Object.entries(KINDS).flatMap(([kind, { subscribe }]) => {
      const names = [...this.listened[kind as SubscriptionKind].values()].map(({ name }) => name);
      return names.length === 0 ? [] : [[subscribe, names] as const];
    });
  }

  private queues(): Set<SubscriptionQueue> {
    const maps = Object.values(this.listened);
    return new Set(maps.flatMap((map) => [...map.values()].flatMap(({ queues }) => [...queues])));
  }

  /** Nothing will come any more: the client was closed, or for this reason could not go on. */
  end(failure: Error | undefined): void {
    const all = this.queues();
    for (const map of Object.values(this.listened)) map.clear();
    for (const queue of all) queue.end(failure);
  }
}

function follow(
  signals: readonly AbortSignal[],
  queue: SubscriptionQueue,
  fail: (error: Error) => void,
): void {
  const give = (signal: AbortSignal) =>
    fail(new KvError('ABORTED', 'the subscription was aborted', { cause: signal.reason }));
  const abort = (event: Event) => give(event.target as AbortSignal);
  queue.release = () => {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  };
  for (const signal of signals) {
    if (signal.aborted) {
      give(signal);
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
  }
}
