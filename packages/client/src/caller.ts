import { ValueCodec } from '@kv/protocol';
import type { Call } from './call.ts';
import type { CallLimits } from './call-options.ts';
import { CallQueue } from './call-queue.ts';
import { checkSignals, followSignals } from './call-signals.ts';
import { type Command, type CommandKind, kindOf } from './command.ts';
import { Connector } from './connector.ts';
import { Drain } from './drain.ts';
import { KvError } from './errors.ts';
import { checkTimeout, formatAddress, type ResolvedOptions } from './options.ts';
import { Session } from './session.ts';
import type { ClientState } from './state.ts';
import { Subscriptions } from './subscriptions.ts';
import { traceCall, traceState } from './trace.ts';
import { TurnEnd } from './turn-end.ts';
import { Watch } from './watch.ts';

/**
 * A server that has nothing to do gets so many requests at once, without waiting for
 * the rest of the turn: it works on them while further ones are encoded.
 */
const EARLY_REQUESTS = 16;

const EXEC = kindOf('EXEC');
const PING = kindOf('PING');

const NO_SIGNALS: readonly AbortSignal[] = [];

/**
 * Calls to one server: encodes them at once, sends what was called in one turn of
 * the event loop in one write, matches replies by order, and answers for every
 * call, whatever becomes of the connection.
 */
export class Caller {
  private state_: ClientState = 'connecting';
  private readonly options: ResolvedOptions;
  private readonly codec: ValueCodec;
  private readonly session: Session;
  readonly subscriptions: Subscriptions;
  private readonly queue: CallQueue;
  private readonly connector: Connector;
  private readonly watch: Watch;
  private readonly opened = Promise.withResolvers<void>();
  private readonly turnEnd = new TurnEnd(() => this.flush());
  private readonly drain: Drain;
  /** Why the client is closed. */
  private ending: KvError | undefined;

  constructor(options: ResolvedOptions) {
    this.options = options;
    const codec = options.codec ?? new ValueCodec();
    this.codec = codec;
    this.session = new Session(options);
    this.subscriptions = new Subscriptions((name, args, timeoutMs) => {
      this.watch.listening();
      return this.call(kindOf(name), args, { signals: NO_SIGNALS, timeoutMs, durable: false });
    });
    this.queue = new CallQueue(codec);
    this.drain = new Drain(options.timers);
    this.connector = new Connector(options, codec, this.session, {
      onUp: () => this.onUp(),
      onReply: (reply) => this.onReply(reply),
      onError: (error) => this.onError(error),
      onPush: (push) => this.subscriptions.deliver(push),
      onPushError: (error) => this.subscriptions.missed(error),
      onLost: (reason) => this.onLost(reason),
      onOver: (reason) => this.end(reason),
    });
    this.watch = new Watch(options, this.queue, this.connector, {
      isListening: () => this.subscriptions.isListening,
      onExpired: (call, error) => this.giveUp(call, error),
      onSilence: () => this.ping(),
    });
  }

  get state(): ClientState {
    return this.state_;
  }

  /** Calls that wait for their reply. */
  get pending(): number {
    return this.queue.pending;
  }

  /** The database of a call made now. */
  get database(): number {
    return this.session.selected;
  }

  /** A value as it would come back. */
  copyOf(value: unknown): unknown {
    const isShared = typeof value === 'object' && value !== null;
    return isShared ? this.codec.decode(this.codec.encode(value)) : value;
  }

  /** Makes the first connection. Rejects with `CONNECT` or `AUTH`, and the client is closed then. */
  open(): Promise<void> {
    this.connector.open();
    return this.opened.promise;
  }

  /** Sends a command and resolves with its reply, as FORMAT.md describes it. */
  call(kind: CommandKind, args: readonly unknown[], limits: CallLimits): Promise<unknown> {
    return traceCall(kind.name, this.options.timers, this.enqueue(kind, args, undefined, limits));
  }

  /** Sends several commands as a transaction and resolves with their replies, or rejects and nothing was executed. */
  callBatch(commands: readonly Command[], limits: CallLimits): Promise<unknown> {
    return traceCall(EXEC.name, this.options.timers, this.enqueue(EXEC, [], commands, limits));
  }

  /** Without an answer in time the connection is given up. */
  private ping(): void {
    const limits = { signals: NO_SIGNALS, timeoutMs: this.options.silenceMs, durable: false };
    this.call(PING, [], limits).catch(() => {});
  }

  private enqueue(
    kind: CommandKind,
    args: readonly unknown[],
    batch: readonly Command[] | undefined,
    { signals, timeoutMs, durable }: CallLimits,
  ): Promise<unknown> {
    const { options, queue } = this;
    try {
      this.admit(signals);
      const limitMs =
        timeoutMs === undefined ? options.timeoutMs : checkTimeout('timeoutMs', timeoutMs);
      const call =
        batch === undefined ? queue.add(kind, args, limitMs) : queue.addBatch(batch, limitMs);
      // A call that is given up at once lets go of its promise.
      const { promise } = call;
      if (durable) call.run.makeDurable(call.start, call.end);
      if (call.tells !== undefined) this.session.asked(kind.name, call.tells);
      if (signals.length > 0) followSignals(signals, call, (error) => this.giveUp(call, error));
      if (this.connector.link === undefined) this.waitForConnection(call);
      else this.scheduleFlush();
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Waits for the replies of what was called, at most `drainMs`; then closes. */
  async close(drainMs: number): Promise<void> {
    checkTimeout('drainMs', drainMs);
    if (this.state_ === 'closed') return;
    this.become('closing');
    this.flush();
    if (this.pending > 0 && drainMs > 0) await this.drain.wait(drainMs);
    this.end(new KvError('CLOSED', 'the client was closed'));
  }

  private become(state: ClientState, error?: KvError): void {
    if (this.state_ === state) return;
    this.state_ = state;
    traceState(formatAddress(this.options.address), state, error);
  }

  /** Throws why no call can be made now. */
  private admit(signals: readonly AbortSignal[]): void {
    if (this.state_ === 'closed' || this.state_ === 'closing')
      throw new KvError('CLOSED', 'the client is closed', { cause: this.ending });
    checkSignals(signals);
    const { queueMax, queueBytesMax } = this.options;
    // Calls that were given up count until their reply has come: they are on their way all the same.
    if (this.queue.length >= queueMax)
      throw new KvError('QUEUE_FULL', `${queueMax} calls wait for their reply already`);
    if (this.queue.bytes >= queueBytesMax)
      throw new KvError('QUEUE_FULL', `${this.queue.bytes} bytes of requests wait already`);
  }

  /** Rejects a call that has no reply yet. */
  private giveUp(call: Call, error: KvError): void {
    if (call.settled) return;
    if (this.queue.giveUp(call)) this.session.refused(call.kind.name);
    call.fail(error);
    this.noticeDrained();
  }

  /** All that is called in one turn goes out in one write. */
  private scheduleFlush(): void {
    if (this.queue.servesNobody(EARLY_REQUESTS)) this.flush();
    this.turnEnd.ask();
  }

  private flush(): void {
    const { link } = this.connector;
    if (!link?.isOpen) return;
    const now = this.options.timers.now();
    if (this.queue.oldest === undefined) link.quietSince = now;
    this.watch.until(this.queue.flush(link, now), now);
  }

  /** The time of a call begins when it is sent, or while there is no connection with the call. */
  private waitForConnection(call: Call): void {
    const now = this.options.timers.now();
    this.watch.until(call.begin(now), now);
  }

  private onUp(): void {
    if (this.state_ !== 'closing') this.become('ready');
    this.opened.resolve();
    void this.subscriptions.restored();
    this.flush();
  }

  private onReply(reply: unknown): boolean {
    const call = this.queue.shift(undefined);
    if (call === undefined) return false;
    if (call === 'more') return true;
    if (call.tells !== undefined) this.session.accepted(call.kind.name, call.tells);
    if (call.settled) return true;
    call.answer(reply);
    this.noticeDrained();
    return true;
  }

  private onError(error: Error): boolean {
    const call = this.queue.shift(error);
    if (call === undefined) return false;
    if (call === 'more') return true;
    if (call.tells !== undefined) this.session.refused(call.kind.name);
    if (call.settled) return true;
    // EXECABORT says less than the refusal that it is about.
    call.fail(call.batch?.refusal ?? error);
    this.noticeDrained();
    return true;
  }

  private noticeDrained(): void {
    if (this.drain.isAwaited && this.pending === 0) this.drain.done();
  }

  /** Calls that may have been executed are answered for; the others go out again. */
  private onLost(reason: KvError): void {
    if (this.state_ !== 'closing') this.become('reconnecting', reason);
    this.subscriptions.lost(reason);
    const uncertain = this.queue.lost(this.options.timers.now());
    for (const call of uncertain) this.answerForLost(call, reason);
    this.watch.look();
    this.noticeDrained();
  }

  private answerForLost(call: Call, reason: KvError): void {
    // A server that stops says so by closing the connection.
    if (call.kind.name === 'SHUTDOWN') {
      call.answer(undefined);
      return;
    }
    const message = `${call.kind.name}: the connection was lost before the reply; it may have been executed`;
    call.fail(new KvError('UNCERTAIN', message, { cause: reason, sent: true }));
  }

  /** The end: whatever still waits is rejected. */
  private end(reason: KvError): void {
    if (this.state_ === 'closed') return;
    this.ending = reason;
    this.connector.close();
    this.watch.stop();
    this.subscriptions.end(reason.code === 'CLOSED' ? undefined : reason);
    for (const call of this.queue.drain()) {
      const message = `${call.kind.name}: ${reason.message}`;
      call.fail(new KvError(reason.code, message, { sent: call.sent, cause: reason }));
    }
    this.become('closed', reason);
    this.opened.reject(reason);
    this.drain.done();
  }
}
