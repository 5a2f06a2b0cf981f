import { type CommandRow, commandNamed, ValueCodec } from '@kv/protocol';
import type { Call, CallOptions } from './call.ts';
import { KvError } from './errors.ts';
import { Expiry } from './expiry.ts';
import { Fifo } from './fifo.ts';
import { Link, type ServerFacts } from './link.ts';
import { checkTimeout, formatAddress, type ResolvedOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { trace } from './trace.ts';

/**
 * `connecting` until the first connection is up, `ready` while there is one,
 * `reconnecting` while there is none, `closing` once `close` was called, `closed`.
 */
export type ClientState = 'connecting' | 'ready' | 'reconnecting' | 'closing' | 'closed';

/** Reasons for which trying again is of no use. */
const FATAL = new Set(['AUTH', 'INVALID_ARGUMENT', 'PROTOCOL']);

/**
 * Calls to one server: encodes them at once, sends what was called in one turn of
 * the event loop in one write, matches replies by order, and keeps a connection.
 */
export class Caller {
  readonly codec: ValueCodec;
  state: ClientState = 'connecting';
  /** What the server said of itself at the last connection. */
  facts: ServerFacts = {};
  private readonly options: ResolvedOptions;
  private readonly outbox: Outbox;
  private readonly sent = new Fifo<Call>();
  /** Calls that were sent and are settled: their replies are dropped when they come. */
  private dropped = 0;
  private readonly expiry: Expiry;
  private link: Link | undefined;
  private flushing = false;
  private attempts = 0;
  private pause: unknown;
  private database: number;
  private connectionName: string;
  private drained: (() => void) | undefined;
  /** Why there is no connection, for the errors of calls that waited in vain. */
  private lastFailure: KvError | undefined;

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.codec = options.codec ?? new ValueCodec();
    this.outbox = new Outbox(this.codec);
    this.expiry = new Expiry(
      options.timers,
      () => this.pendingCalls(),
      (call) => this.expire(call),
    );
    this.database = options.database;
    this.connectionName = options.name;
  }

  /** Calls that wait for their reply. */
  get pending(): number {
    return this.outbox.size + this.sent.size - this.dropped;
  }

  /** Makes the first connection. Rejects with `CONNECT` or `AUTH`, and the client is closed then. */
  async open(): Promise<void> {
    try {
      await this.connectOnce();
    } catch (error) {
      this.end(error as KvError);
      throw error;
    }
  }

  /** Sends a command and resolves with its reply, as FORMAT.md describes it. */
  call(
    name: string,
    args: readonly unknown[],
    { signal, timeoutMs }: CallOptions = {},
  ): Promise<unknown> {
    const refusal = this.refusal(signal);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    try {
      const limitMs =
        timeoutMs === undefined ? this.options.timeoutMs : checkTimeout('timeoutMs', timeoutMs);
      const { start, end } = this.outbox.encode(name, args);
      const call: Call = {
        name,
        resolve,
        reject,
        start,
        end,
        again: mayRepeat(name, args)
          ? areFixed(args)
            ? args
            : this.outbox.copy(start, end)
          : undefined,
        expiresAt: limitMs === 0 ? Number.POSITIVE_INFINITY : this.options.timers.now() + limitMs,
        settled: false,
        release: undefined,
      };
      this.outbox.add(call);
      this.expiry.watch(call.expiresAt);
      if (signal !== undefined) this.follow(signal, call);
      this.scheduleFlush();
    } catch (error) {
      return Promise.reject(error);
    }
    return trace(name, promise);
  }

  /** Waits for the replies of what was called, at most `drainMs`; then closes. */
  async close(drainMs: number): Promise<void> {
    if (this.state === 'closed') return;
    if (this.state !== 'closing') {
      this.state = 'closing';
      this.flush();
    }
    if (this.pending > 0 && drainMs > 0) {
      const { timers } = this.options;
      const drained = Promise.withResolvers<void>();
      const timer = timers.setTimeout(drained.resolve, drainMs);
      const before = this.drained;
      this.drained = () => {
        before?.();
        drained.resolve();
      };
      await drained.promise;
      timers.clearTimeout(timer);
    }
    this.end(new KvError('CLOSED', 'the client was closed'));
  }

  private refusal(signal: AbortSignal | undefined): KvError | undefined {
    if (this.state === 'closed' || this.state === 'closing')
      return new KvError('CLOSED', 'the client is closed', { cause: this.lastFailure });
    if (signal?.aborted) return aborted(signal, false);
    const { queueMax } = this.options;
    if (this.pending >= queueMax)
      return new KvError('QUEUE_FULL', `${queueMax} calls wait for their reply already`);
    return undefined;
  }

  private follow(signal: AbortSignal, call: Call): void {
    const abort = () => this.give(call, aborted(signal, !this.isWaiting(call)));
    signal.addEventListener('abort', abort, { once: true });
    call.release = () => signal.removeEventListener('abort', abort);
  }

  private isWaiting(call: Call): boolean {
    return call.end > 0;
  }

  private *pendingCalls(): Iterable<Call> {
    yield* this.sent;
    yield* this.outbox.waiting();
  }

  private expire(call: Call): void {
    const sent = !this.isWaiting(call);
    const what = sent ? 'no reply' : `not connected to ${formatAddress(this.options.address)}`;
    this.give(
      call,
      new KvError('TIMEOUT', `${call.name}: ${what} in time`, { sent, cause: this.lastFailure }),
    );
  }

  /** Rejects a call that has no reply yet. */
  private give(call: Call, error: KvError): void {
    if (call.settled) return;
    if (this.isWaiting(call)) this.outbox.cancel();
    else this.dropped++;
    settle(call);
    call.reject(error);
    this.noticeDrained();
  }

  /** All that is called in one turn goes out in one write. */
  private scheduleFlush(): void {
    if (this.flushing || this.link === undefined) return;
    this.flushing = true;
    process.nextTick(() => {
      this.flushing = false;
      this.flush();
    });
  }

  private flush(): void {
    const { link, outbox } = this;
    if (link === undefined || outbox.size === 0) return;
    for (const call of outbox.take((bytes) => link.send(bytes))) {
      call.start = 0;
      call.end = 0;
      this.sent.push(call);
    }
  }

  private next(): Call | undefined {
    const call = this.sent.shift();
    if (call?.settled) this.dropped--;
    return call;
  }

  private onReply(reply: unknown): void {
    const call = this.next();
    if (call === undefined || call.settled) return;
    settle(call);
    this.remember(call, reply);
    call.resolve(reply);
    this.noticeDrained();
  }

  private onError(error: Error): void {
    const call = this.next();
    if (call === undefined || call.settled) return;
    settle(call);
    call.reject(error);
    this.noticeDrained();
  }

  /** What a connection was told must be told to the next one too. */
  private remember(call: Call, reply: unknown): void {
    if (reply !== 'OK' || !Array.isArray(call.again)) return;
    if (call.name === 'SELECT') this.database = Number(call.again[0]);
    else if (call.name === 'CLIENT SETNAME') this.connectionName = String(call.again[0]);
  }

  private noticeDrained(): void {
    if (this.drained === undefined || this.pending > 0) return;
    const drained = this.drained;
    this.drained = undefined;
    drained();
  }

  private async connectOnce(): Promise<void> {
    const session = { database: this.database, name: this.connectionName };
    const link = new Link(this.options, this.codec, session, {
      onReply: (reply) => this.onReply(reply),
      onError: (error) => this.onError(error),
      onLost: (reason) => this.lost(reason),
    });
    this.facts = await link.ready;
    if (this.state === 'closed') return link.close();
    this.link = link;
    this.attempts = 0;
    this.lastFailure = undefined;
    if (this.state !== 'closing') this.state = 'ready';
    this.flush();
  }

  /** Calls that may have been executed are answered for; the others go out again. */
  private lost(reason: KvError): void {
    this.link = undefined;
    this.lastFailure = reason;
    const open = this.sent.drain().filter(({ settled }) => !settled);
    this.dropped = 0;
    const again = open.filter((call) => call.again !== undefined);
    this.outbox.putBack(again);
    for (const call of open) {
      if (call.again !== undefined) continue;
      settle(call);
      const message = `${call.name}: the connection was lost before the reply; it may have been executed`;
      call.reject(new KvError('UNCERTAIN', message, { cause: reason, sent: true }));
    }
    this.noticeDrained();
    if (!this.options.reconnect || FATAL.has(reason.code)) this.end(reason);
    else if (this.state !== 'closed') this.retryLater();
  }

  private retryLater(): void {
    if (this.state !== 'closing') this.state = 'reconnecting';
    const { backoffMs, random, timers } = this.options;
    const full = Math.min(backoffMs.most, backoffMs.first * 2 ** this.attempts++);
    // Half of the pause is left to chance, so that clients do not come back all at once.
    this.pause = timers.setTimeout(() => void this.retry(), full * (0.5 + random() / 2));
  }

  private async retry(): Promise<void> {
    try {
      await this.connectOnce();
    } catch (error) {
      const reason = error as KvError;
      this.lastFailure = reason;
      if (this.state === 'closed') return;
      if (FATAL.has(reason.code)) this.end(reason);
      else this.retryLater();
    }
  }

  /** The end: whatever still waits is rejected. */
  private end(reason: KvError): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.lastFailure = reason;
    this.options.timers.clearTimeout(this.pause);
    const link = this.link;
    this.link = undefined;
    link?.close();
    const waiting = this.outbox.waiting();
    const open = [...this.sent.drain(), ...waiting].filter(({ settled }) => !settled);
    for (const call of open) {
      const sent = !this.isWaiting(call);
      settle(call);
      call.reject(
        reason.code === 'CLOSED'
          ? new KvError('CLOSED', `${call.name}: ${reason.message}`, { sent })
          : new KvError(reason.code, reason.message, { sent, cause: reason }),
      );
    }
    this.expiry.stop();
    this.drained?.();
  }
}

function settle(call: Call): void {
  call.settled = true;
  call.release?.();
}

function aborted(signal: AbortSignal, sent: boolean): KvError {
  return new KvError('ABORTED', 'the call was aborted', { cause: signal.reason, sent });
}

/** Whether a call may be sent again by itself: see `idempotent` in the command table. */
function mayRepeat(name: string, args: readonly unknown[]): boolean {
  const row: CommandRow | undefined = commandNamed(name);
  if (row === undefined || !row.idempotent) return false;
  const tokens = row.notIdempotentWith;
  if (tokens === undefined || args.length <= row.args.length) return true;
  const options = args.slice(row.args.length).map((arg) => String(arg).toUpperCase());
  return !options.some((option) => tokens.includes(option));
}

/** Whether nobody can change the arguments while they wait. */
function areFixed(args: readonly unknown[]): boolean {
  return args.every((arg) => typeof arg !== 'object' || arg === null);
}
