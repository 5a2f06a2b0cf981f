import type { ValueCodec } from '@kv/protocol';
import { KvError } from './errors.ts';
import { Link, type LinkEvents } from './link.ts';
import { formatAddress, type ResolvedOptions } from './options.ts';
import type { Session } from './session.ts';

/** Reasons for which trying again is of no use. */
const FATAL = new Set(['AUTH', 'INVALID_ARGUMENT']);

/** What a connector tells. */
export interface ConnectorEvents
  extends Pick<LinkEvents, 'onReply' | 'onError' | 'onPush' | 'onPushError'> {
  /** There is a connection. */
  onUp(): void;
  /** There is none any more; whether another follows is told by `onOver`. */
  onLost(reason: KvError): void;
  /** There will be none any more. */
  onOver(reason: KvError): void;
}

/**
 * Keeps one link up: makes the first, and when it is lost another, after pauses
 * that double. The first attempt is not repeated: whoever connects wants to know.
 */
export class Connector {
  /** The link that is up. */
  link: Link | undefined;
  /** Why there is none. */
  failure: KvError | undefined;
  private readonly options: ResolvedOptions;
  private readonly codec: ValueCodec;
  private readonly session: Session;
  private readonly events: ConnectorEvents;
  private trying: Link | undefined;
  private everUp = false;
  private upSince = 0;
  private attempts = 0;
  private pause: unknown;
  private over = false;

  constructor(
    options: ResolvedOptions,
    codec: ValueCodec,
    session: Session,
    events: ConnectorEvents,
  ) {
    this.options = options;
    this.codec = codec;
    this.session = session;
    this.events = events;
  }

  /** Begins an attempt. */
  open(): void {
    this.pause = undefined;
    const { options, events } = this;
    try {
      this.trying = new Link(options, this.codec, this.session, {
        onUp: () => this.isUp(),
        onReply: (reply) => events.onReply(reply),
        onError: (error) => events.onError(error),
        onPush: (push) => events.onPush(push),
        onPushError: (error) => events.onPushError(error),
        onDown: (reason) => this.isDown(reason),
      });
    } catch (error) {
      const message = `${formatAddress(options.address)}: ${(error as Error).message}`;
      this.isDown(new KvError('CONNECT', message, { cause: error }));
    }
  }

  /** The end: no event follows. */
  close(): void {
    this.over = true;
    if (this.pause !== undefined) this.options.timers.clearTimeout(this.pause);
    this.link?.close();
    this.trying?.close();
    this.link = undefined;
    this.trying = undefined;
  }

  private isUp(): void {
    this.link = this.trying;
    this.trying = undefined;
    this.failure = undefined;
    this.everUp = true;
    this.upSince = this.options.timers.now();
    this.events.onUp();
  }

  private isDown(reason: KvError): void {
    const wasUp = this.link !== undefined;
    this.link = undefined;
    this.trying = undefined;
    this.failure = reason;
    if (wasUp) this.events.onLost(reason);
    if (this.over) return;
    if (!this.everUp || !this.options.reconnect || FATAL.has(reason.code)) {
      this.over = true;
      this.events.onOver(reason);
      return;
    }
    this.tryLater(wasUp);
  }

  private tryLater(wasUp: boolean): void {
    const { backoffMs, random, timers } = this.options;
    // A connection that is lost as soon as it is up does not start the pauses over.
    if (wasUp && timers.now() - this.upSince >= backoffMs.most) this.attempts = 0;
    const full = Math.min(backoffMs.most, backoffMs.first * 2 ** this.attempts++);
    // Half of the pause is left to chance, so that clients do not come back all at once.
    this.pause = timers.setTimeout(() => this.open(), full * (0.5 + random() / 2));
  }
}
