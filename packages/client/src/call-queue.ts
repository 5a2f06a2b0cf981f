import type { ValueCodec } from '@kv/protocol';
import { BatchReplies } from './batch-replies.ts';
import { type Call, goesAgain, requestBytes, settle } from './call.ts';
import { type Command, type CommandKind, kindOf, mayRepeat } from './command.ts';
import { Fifo } from './fifo.ts';
import type { Link } from './link.ts';
import { Outbox } from './outbox.ts';
import { sessionWords } from './session.ts';

const EXEC = kindOf('EXEC');

const nothing = (): void => {};

/** How a call is answered, and when that is too late. */
export type Answer = Pick<Call, 'resolve' | 'reject' | 'expiresAt'>;

/**
 * The calls that have no reply yet, in order: those that were sent, which replies
 * answer one by one, then those that wait to be sent. It keeps count, and says what
 * goes out again when a connection is lost; why calls end is its owner's business.
 */
export class CallQueue {
  private readonly outbox: Outbox;
  private readonly sent = new Fifo<Call>();
  /** Calls of `sent` that are settled: their replies are dropped when they come. */
  private dropped = 0;
  private heldBytes = 0;

  constructor(codec: ValueCodec) {
    this.outbox = new Outbox(codec);
  }

  /** Calls that wait for their reply. */
  get pending(): number {
    return this.outbox.size + this.sent.size - this.dropped;
  }

  /** The same, and those that were given up and whose reply is still to come. */
  get length(): number {
    return this.outbox.size + this.sent.size;
  }

  /** The requests of all these have so many bytes. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** Whether no reply is under way, while this many requests wait to be sent. */
  servesNobody(waiting: number): boolean {
    return this.sent.size === 0 && this.outbox.size >= waiting;
  }

  /** The call that the next reply belongs to; it may have been given up. */
  get oldest(): Call | undefined {
    return this.sent.peek();
  }

  forEach(visit: (call: Call) => void): void {
    this.sent.forEach(visit);
    this.outbox.forEach(visit);
  }

  /** Encodes a request and puts its call at the back. Throws what the codec throws. */
  add(kind: CommandKind, args: readonly unknown[], { resolve, reject, expiresAt }: Answer): Call {
    const start = this.outbox.encode(kind, args);
    const { run } = this.outbox;
    return this.push({
      kind,
      resolve,
      reject,
      run,
      start,
      end: run.length,
      waiting: true,
      repeatable: mayRepeat(kind, args),
      tells: sessionWords(kind, args),
      batch: undefined,
      expiresAt,
      sent: false,
      settled: false,
      release: undefined,
    });
  }

  /** The same for a transaction of several commands: it goes out, and is given up, as one. */
  addBatch(commands: readonly Command[], { resolve, reject, expiresAt }: Answer): Call {
    const start = this.outbox.encodeBatch(commands);
    const { run } = this.outbox;
    return this.push({
      kind: EXEC,
      resolve,
      reject,
      run,
      start,
      end: run.length,
      waiting: true,
      repeatable: commands.every(({ kind, args }) => mayRepeat(kind, args)),
      tells: undefined,
      batch: new BatchReplies(commands.length),
      expiresAt,
      sent: false,
      settled: false,
      release: undefined,
    });
  }

  private push(call: Call): Call {
    this.outbox.add(call);
    this.heldBytes += requestBytes(call);
    return call;
  }

  /** Settles a call that has no reply. True: its request was taken back before it was sent. */
  giveUp(call: Call): boolean {
    settle(call);
    if (call.waiting) {
      this.heldBytes -= requestBytes(call);
      this.outbox.cancel(call);
      return true;
    }
    this.dropped++;
    return false;
  }

  /** Sends what waits, in one write. */
  flush(link: Link, now: () => number): void {
    const { outbox, sent } = this;
    if (outbox.size === 0) return;
    if (sent.size === 0) link.quietSince = now();
    outbox.take((bytes, calls) => {
      // Before the bytes are sent: a stream may answer while it is written to.
      for (const call of calls) {
        call.waiting = false;
        call.sent = true;
        sent.push(call);
      }
      return link.send(bytes);
    });
  }

  /**
   * A reply has come, or an error in its place: takes out the call that it belongs to.
   *
   * @returns `undefined` when none was due, and `'more'` when that call is due further ones
   */
  shift(error: Error | undefined): Call | 'more' | undefined {
    const { sent } = this;
    const call = sent.peek();
    if (call === undefined) return undefined;
    if (call.batch !== undefined && !call.batch.add(error)) return 'more';
    sent.shift();
    this.outbox.answered(call);
    this.heldBytes -= requestBytes(call);
    if (call.settled) this.dropped--;
    return call;
  }

  /**
   * The connection is lost: what may be sent twice is put in front of what waits.
   *
   * @returns the calls that may have been executed and must not be sent again; they are settled
   */
  lost(): readonly Call[] {
    const again: Call[] = [];
    const uncertain: Call[] = [];
    for (const call of this.sent.drain()) {
      if (goesAgain(call)) {
        call.batch?.restart();
        again.push(call.settled ? unheard(call) : call);
        continue;
      }
      this.heldBytes -= requestBytes(call);
      if (call.settled) continue;
      settle(call);
      uncertain.push(call);
    }
    this.dropped = 0;
    this.outbox.putBack(again);
    return uncertain;
  }

  /** Takes everything out; the calls that nobody has answered are settled and returned. */
  drain(): readonly Call[] {
    const calls = [...this.sent.drain(), ...this.outbox.drain()].filter(({ settled }) => !settled);
    for (const call of calls) settle(call);
    this.dropped = 0;
    this.heldBytes = 0;
    return calls;
  }
}

/**
 * What the connection was told, though nobody waits for the answer any more: what
 * was called after it counts on it.
 */
function unheard(call: Call): Call {
  return {
    ...call,
    settled: false,
    resolve: nothing,
    reject: nothing,
    expiresAt: Number.POSITIVE_INFINITY,
  };
}
