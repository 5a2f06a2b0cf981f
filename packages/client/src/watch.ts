import type { Call } from './call.ts';
import type { CallQueue } from './call-queue.ts';
import type { Connector } from './connector.ts';
import { KvError } from './errors.ts';
import { Expiry } from './expiry.ts';
import { Heartbeat } from './heartbeat.ts';
import { formatAddress, type ResolvedOptions } from './options.ts';

/** What a watch asks for. */
export interface WatchEvents {
  /** Whether anybody waits for messages. */
  isListening(): boolean;
  /** A call has taken too long. */
  onExpired(call: Call, error: KvError): void;
  /** The server should be asked for a sign of life, and answer within `silenceMs`. */
  onSilence(): void;
}

/**
 * Watches the time: ends calls that take too long, and gives up a connection on which
 * nothing is heard though something should be.
 */
export class Watch {
  private readonly options: ResolvedOptions;
  private readonly queue: CallQueue;
  private readonly connector: Connector;
  private readonly events: WatchEvents;
  private readonly expiry: Expiry;
  private readonly heartbeat: Heartbeat;

  constructor(
    options: ResolvedOptions,
    queue: CallQueue,
    connector: Connector,
    events: WatchEvents,
  ) {
    const { timers, silenceMs } = options;
    this.options = options;
    this.queue = queue;
    this.connector = connector;
    this.events = events;
    this.expiry = new Expiry(
      timers,
      (visit) => queue.forEach(visit),
      (call, now) => this.expire(call, now),
    );
    this.heartbeat = new Heartbeat(timers, silenceMs, {
      isListening: () => events.isListening(),
      // Calls have time limits of their own.
      quietSince: () => (queue.length === 0 ? connector.link?.quietSince : undefined),
      ask: () => events.onSilence(),
    });
  }

  /** There is a call that expires at this time; 0 is never. */
  until(expiresAt: number, now: number): void {
    this.expiry.watch(expiresAt, now);
  }

  /** Calls wait that did not wait before: looks when the next of them expires. */
  look(): void {
    this.expiry.look();
  }

  /** Somebody listens from now on. */
  listening(): void {
    this.heartbeat.start();
  }

  stop(): void {
    this.expiry.stop();
    this.heartbeat.stop();
  }

  private expire(call: Call, now: number): void {
    const { options, connector } = this;
    const { link, failure } = connector;
    const what = link === undefined ? 'no connection' : 'no reply';
    const message = `${call.kind.name}: ${what} in time from ${formatAddress(options.address)}`;
    const error = new KvError('TIMEOUT', message, { sent: call.sent, cause: failure });
    this.events.onExpired(call, error);
    if (link !== undefined && now - link.quietSince >= options.silenceMs) this.suspect();
  }

  /** Nothing was heard for long: unless the oldest call may take its time, the connection is dead. */
  private suspect(): void {
    const { options, connector, queue } = this;
    queueMicrotask(() => {
      if (queue.oldest?.isExpired(options.timers.now()))
        connector.link?.lose(`nothing was heard for ${options.silenceMs} ms`);
    });
  }
}
