import type { KvError } from './errors.ts';
import { Fifo } from './fifo.ts';
import type { Key } from './method-types.ts';

/** What was published to a channel. */
export interface PublishedMessage<T> {
  readonly kind: 'message';
  readonly channel: Key;
  /** What the publisher gave, with its type. */
  readonly value: T;
  /** The pattern that the channel matched, in a subscription to patterns. */
  readonly pattern?: Key;
}

/**
 * There may have been messages that did not get here: the connection was lost and has
 * been made again, the program did not take them fast enough, or one could not be decoded.
 */
export interface MissedMessages {
  readonly kind: 'missed';
  readonly reason: Error;
}

/** What a subscription gives. */
export type SubscriptionEvent<T> = PublishedMessage<T> | MissedMessages;

/**
 * Messages as they come, until it is closed, by `close`, `await using` or by leaving
 * the loop; one loop at a time. It ends with the client, and throws what ended that
 * unless it was `close`.
 */
export interface Subscription<T = unknown>
  extends AsyncIterableIterator<SubscriptionEvent<T>, undefined, undefined>,
    AsyncDisposable {
  /** Resolves when the server has confirmed: from then on nothing published is missed unsaid. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** A subscription's own half: what was published and not yet taken. */
export class SubscriptionQueue implements Subscription {
  readonly ready: Promise<void>;
  private readonly onClose: (queue: SubscriptionQueue) => void;
  private readonly queueMax: number;
  private readonly confirmation = Promise.withResolvers<void>();
  /** Lets go of the signals. */
  release: (() => void) | undefined;
  private readonly events = new Fifo<SubscriptionEvent<unknown>>();
  private takers: PromiseWithResolvers<IteratorResult<SubscriptionEvent<unknown>, undefined>>[] =
    [];
  private ended = false;
  private failure: Error | undefined;

  constructor(queueMax: number, onClose: (queue: SubscriptionQueue) => void) {
    this.queueMax = queueMax;
    this.onClose = onClose;
    this.ready = this.confirmation.promise;
    // Whoever does not wait for it learns of a failure from the loop.
    this.ready.catch(() => {});
  }

  confirmed(): void {
    this.confirmation.resolve();
  }

  refused(error: Error): void {
    this.confirmation.reject(error);
    this.end(error);
  }

  add(event: SubscriptionEvent<unknown>, overflow: (queueMax: number) => KvError): void {
    if (this.ended) return;
    const taker = this.takers.shift();
    if (taker !== undefined) {
      taker.resolve({ value: event, done: false });
      return;
    }
    if (this.events.size >= this.queueMax) {
      this.events.drain();
      this.events.push({ kind: 'missed', reason: overflow(this.queueMax) });
    }
    this.events.push(event);
  }

  /** Ends it: what came before can still be taken, then the loop ends, or throws this. */
  end(failure: Error | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    this.release?.();
    this.release = undefined;
    for (const taker of this.takers.splice(0)) this.finish(taker);
  }

  private finish({ resolve, reject }: (typeof this.takers)[number]): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure === undefined) resolve({ value: undefined, done: true });
    else reject(failure);
  }

  next(): Promise<IteratorResult<SubscriptionEvent<unknown>, undefined>> {
    const event = this.events.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    const taker: (typeof this.takers)[number] = Promise.withResolvers();
    if (this.ended) this.finish(taker);
    else this.takers.push(taker);
    return taker.promise;
  }

  async return(): Promise<IteratorResult<SubscriptionEvent<unknown>, undefined>> {
    await this.close();
    return { value: undefined, done: true };
  }

  async close(): Promise<void> {
    this.events.drain();
    this.confirmation.resolve();
    this.end(undefined);
    this.onClose(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
