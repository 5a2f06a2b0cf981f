import { type ValueCodec, writeRequest } from '@kv/protocol';
import { type Call, requestBytes } from './call.ts';
import { type Command, type CommandKind, kindOf } from './command.ts';
import { KvError } from './errors.ts';
import { RequestRun, SpareRuns } from './request-run.ts';

/** Gaps are closed when there are so many, and more of them than of calls. */
const GAPS_MIN = 64;

const MULTI = kindOf('MULTI');
const EXEC = kindOf('EXEC');

/** Requests that have been encoded and not sent, and the calls they belong to, in order. */
export class Outbox {
  /** What is written to; a run is given up to its calls when it is sent. */
  run: RequestRun = new RequestRun();
  private readonly codec: ValueCodec;
  private readonly spares = new SpareRuns();
  private calls: Call[] = [];
  private cancelled = 0;
  private encoding = false;

  constructor(codec: ValueCodec) {
    this.codec = codec;
  }

  get size(): number {
    return this.calls.length - this.cancelled;
  }

  /** Memory that is set aside here. */
  get capacity(): number {
    return this.run.writer.bytes.length + this.spares.bytes;
  }

  /** Encodes a request at the end of the run and returns where it starts. Throws what the codec throws. */
  encode({ name, words }: CommandKind, args: readonly unknown[]): number {
    if (this.encoding)
      throw new KvError('INVALID_ARGUMENT', `${name} was called while a value was being encoded`);
    const { writer } = this.run;
    const start = writer.position;
    this.encoding = true;
    try {
      writeRequest(writer, this.codec, words, args);
    } finally {
      this.encoding = false;
    }
    return start;
  }

  /** The same for a transaction: MULTI, the commands, EXEC. */
  encodeBatch(commands: readonly Command[]): number {
    const { writer } = this.run;
    const start = this.encode(MULTI, []);
    try {
      for (const { kind, args } of commands) this.encode(kind, args);
      this.encode(EXEC, []);
    } catch (error) {
      writer.position = start;
      throw error;
    }
    return start;
  }

  add(call: Call): void {
    this.calls.push(call);
  }

  /** A call that waits here was settled: its bytes will not go out. */
  cancel(call: Call): void {
    call.waiting = false;
    this.cancelled++;
    if (this.cancelled > GAPS_MIN && this.cancelled * 2 > this.calls.length) this.closeGaps();
  }

  /** Everything that waits, oldest first. */
  forEach(visit: (call: Call) => void): void {
    for (const call of this.calls) visit(call);
  }

  /**
   * Hands over the bytes to send and their calls, which have left this outbox then.
   *
   * @param send - returns whether the bytes have been taken: they are not looked at any more
   */
  take(send: (bytes: Uint8Array, calls: readonly Call[]) => boolean): void {
    this.closeGaps();
    const { calls, run } = this;
    this.calls = [];
    this.run = this.spares.take();
    run.unanswered = calls.length;
    run.taken = send(run.writer.bytes.subarray(0, run.length), calls);
    // A stream may answer while it is written to.
    if (run.unanswered === 0) this.spares.give(run);
  }

  /** The request of a call has been answered: it will not be needed again. */
  answered({ run }: Call): void {
    if (--run.unanswered === 0) this.spares.give(run);
  }

  /** Puts requests that were sent on a lost connection in front of those that wait. */
  putBack(lost: readonly Call[]): void {
    this.closeGaps();
    if (lost.length === 0) return;
    const waiting = this.calls;
    this.calls = [...lost, ...waiting];
    this.run = new RequestRun();
    for (const call of this.calls) {
      call.start = this.run.append(call.run, call.start, call.end);
      call.end = this.run.length;
      call.run = this.run;
      call.waiting = true;
    }
  }

  /** Takes everything out, oldest first. */
  drain(): Call[] {
    const calls = this.calls.filter(({ waiting }) => waiting);
    this.calls = [];
    this.cancelled = 0;
    this.run = new RequestRun(0);
    this.spares.clear();
    return calls;
  }

  /** Takes the bytes of cancelled calls out. */
  private closeGaps(): void {
    if (this.cancelled === 0) return;
    const { writer } = this.run;
    let position = 0;
    const kept = this.calls.filter(({ waiting }) => waiting);
    for (const call of kept) {
      const length = requestBytes(call);
      writer.bytes.copyWithin(position, call.start, call.end);
      call.start = position;
      position += length;
      call.end = position;
    }
    writer.position = position;
    this.calls = kept;
    this.cancelled = 0;
    this.run.shrink();
  }
}
