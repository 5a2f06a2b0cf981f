import type { ValueCodec } from '@kv/protocol';
import { BatchReplies } from './batch-replies.ts';
import { Call, type RequestTraits } from './call.ts';
import { type Command, type CommandKind, kindOf, mayRepeat } from './command.ts';
import { Fifo } from './fifo.ts';
import { Outbox, type Sender } from './outbox.ts';
import { sessionWords } from './session.ts';

const EXEC = kindOf('EXEC');

/** Gaps are closed when there are so many, and more of them than of calls that wait. */
const GAPS_MIN = 64;

/**
 * The calls that have no reply yet, in order: those that were sent, which replies
 * answer one by one, then those that wait to be sent. It keeps count, and says what
 * goes out again when a connection is lost; why calls end is its owner's business.
 */
export class CallQueue {
  private readonly outbox: Outbox;
  private readonly calls = new Fifo<Call>();
  /** The first so many of them were sent. */
  private sent = 0;
  /** Calls that are settled though they were sent: their replies are dropped when they come. */
  private dropped = 0;
  /** Calls that are settled and wait to be taken out of the others: gaps between what waits. */
  private gaps = 0;
  private heldBytes = 0;

  constructor(codec: ValueCodec) {
    this.outbox = new Outbox(codec);
  }

  /** Calls that wait for their reply. */
  get pending(): number {
    return this.length - this.dropped;
  }

  /** The same, and those that were given up and whose reply is still to come. */
  get length(): number {
    return this.calls.size - this.gaps;
  }

  /** The requests of all these have so many bytes. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Memory that is set aside for what waits to be sent. */
  get capacity(): number {
    return this.outbox.capacity;
  }

  /** Whether no reply is under way, while this many requests wait to be sent. */
  servesNobody(waiting: number): boolean {
    return this.sent === 0 && this.length >= waiting;
  }

  /** The call that the next reply belongs to; it may have been given up. */
  get oldest(): Call | undefined {
    return this.sent === 0 ? undefined : this.calls.peek();
  }

  forEach(visit: (call: Call) => void): void {
    this.calls.forEach(visit);
  }

  /** Encodes a request and puts its call at the back. Throws what the codec throws. */
  add(kind: CommandKind, args: readonly unknown[], limitMs: number): Call {
    const start = this.outbox.encode(kind, args);
    const tells = sessionWords(kind, args);
    const repeatable = mayRepeat(kind, args);
    return this.push({ kind, repeatable, tells, batch: undefined }, start, limitMs);
  }

  /** The same for a transaction of several commands: it goes out, and is given up, as one. */
  addBatch(commands: readonly Command[], limitMs: number): Call {
    const start = this.outbox.encodeBatch(commands);
    const repeatable = commands.every(({ kind, args }) => mayRepeat(kind, args));
    const batch = new BatchReplies(commands.length);
    return this.push({ kind: EXEC, repeatable, tells: undefined, batch }, start, limitMs);
  }

  private push(traits: RequestTraits, start: number, limitMs: number): Call {
    const call = new Call(traits, this.outbox.run, start, limitMs);
    this.calls.push(call);
    this.heldBytes += call.bytes;
    return call;
  }

  /** Settles a call that has no reply. True: its request was taken back before it was sent. */
  giveUp(call: Call): boolean {
    call.settle();
    if (!call.waiting) {
      this.dropped++;
      return false;
    }
    call.waiting = false;
    this.heldBytes -= call.bytes;
    this.gaps++;
    if (this.gaps > GAPS_MIN && this.gaps * 2 > this.calls.size - this.sent) this.closeGaps();
    return true;
  }

  /** Takes calls that were settled out of those that wait, and their bytes. */
  private closeGaps(): void {
    if (this.gaps === 0) return;
    const { calls } = this;
    const kept = calls.cut(this.sent).filter(({ waiting }) => waiting);
    this.outbox.keep(kept);
    for (const call of kept) calls.push(call);
    this.gaps = 0;
  }

  /**
   * Sends what waits, in one write. The time of these calls begins, unless it has already.
   *
   * @returns when the first of them expires, or 0
   */
  flush(to: Sender, now: number): number {
    this.closeGaps();
    const { calls, sent } = this;
    const count = calls.size - sent;
    if (count === 0) return 0;
    const first = this.begin(sent, now);
    // Before the bytes are sent: a stream may answer while it is written to.
    this.sent = calls.size;
    this.outbox.send(to, count);
    return first;
  }

  /**
   * The calls behind so many are being sent; answers when the first of them expires, or 0.
   *
   * A function of its own: what the engine compiles in the middle of a long loop knows nothing
   * of what comes behind it, and is thrown away there, again and again.
   */
  private begin(from: number, now: number): number {
    const { calls } = this;
    let first = 0;
    for (let i = from; i < calls.size; i++) {
      const call = calls.at(i);
      call.waiting = false;
      call.sent = true;
      const expiresAt = call.begin(now);
      if (expiresAt !== 0 && (first === 0 || expiresAt < first)) first = expiresAt;
    }
    return first;
  }

  /**
   * A reply has come, or an error in its place: takes out the call that it belongs to.
   *
   * @returns `undefined` when none was due, and `'more'` when that call is due further ones
   */
  shift(error: Error | undefined): Call | 'more' | undefined {
    const call = this.oldest;
    if (call === undefined) return undefined;
    if (call.batch !== undefined && !call.batch.add(error)) return 'more';
    this.calls.shift();
    this.sent--;
    this.outbox.answered(call);
    this.heldBytes -= call.bytes;
    if (call.settled) this.dropped--;
    return call;
  }

  /**
   * The connection is lost: what may be sent twice is put in front of what waits, and the
   * time of all that waits begins.
   *
   * @returns the calls that may have been executed and must not be sent again; they are settled
   */
  lost(now: number): readonly Call[] {
    this.closeGaps();
    const { calls } = this;
    const waiting = calls.cut(this.sent);
    const again: Call[] = [];
    const uncertain: Call[] = [];
    for (const call of calls.drain()) {
      if (call.goesAgain) {
        call.batch?.restart();
        again.push(call.settled ? call.unheard() : call);
        continue;
      }
      this.heldBytes -= call.bytes;
      if (call.settled) continue;
      call.settle();
      uncertain.push(call);
    }
    this.sent = 0;
    this.dropped = 0;
    for (const call of waiting) call.begin(now);
    const all = [...again, ...waiting];
    if (again.length > 0) this.outbox.collect(all);
    for (const call of all) calls.push(call);
    return uncertain;
  }

  /** Takes everything out; the calls that nobody has answered are settled and returned. */
  drain(): readonly Call[] {
    const calls = this.calls.drain().filter(({ settled }) => !settled);
    for (const call of calls) call.settle();
    this.outbox.clear();
    this.sent = 0;
    this.dropped = 0;
    this.gaps = 0;
    this.heldBytes = 0;
    return calls;
  }
}
