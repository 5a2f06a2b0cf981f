import { type ValueCodec, writeRequest } from '@kv/protocol';
import type { Call } from './call.ts';
import { type Command, type CommandKind, kindOf } from './command.ts';
import { KvError } from './errors.ts';
import { RequestRun, SpareRuns } from './request-run.ts';

const MULTI = kindOf('MULTI');
const EXEC = kindOf('EXEC');

/** Where requests go. */
export interface Sender {
  /** Sends bytes. True: they have been taken, and are not looked at any more. */
  send(bytes: Uint8Array): boolean;
}

/** The bytes of requests that have been encoded and not been sent. */
export class Outbox {
  /** What is written to; a run is given up to its calls when it is sent. */
  run: RequestRun = new RequestRun();
  private readonly codec: ValueCodec;
  private readonly spares = new SpareRuns();
  private encoding = false;

  constructor(codec: ValueCodec) {
    this.codec = codec;
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

  /** Sends the bytes, which are the requests of so many calls. */
  send(to: Sender, calls: number): void {
    const { run } = this;
    this.run = this.spares.take();
    run.unanswered = calls;
    run.taken = to.send(run.writer.bytes.subarray(0, run.length));
    // A stream may answer while it is written to.
    if (run.unanswered === 0) this.spares.give(run);
  }

  /** The request of a call has been answered: it will not be needed again. */
  answered({ run }: Call): void {
    if (--run.unanswered === 0) this.spares.give(run);
  }

  /** Takes all bytes out but those of these calls, which wait here in this order. */
  keep(calls: readonly Call[]): void {
    const { writer } = this.run;
    let position = 0;
    for (const call of calls) {
      const length = call.bytes;
      writer.bytes.copyWithin(position, call.start, call.end);
      call.start = position;
      position += length;
      call.end = position;
    }
    writer.position = position;
    this.run.shrink();
  }

  /** Lets requests wait here, one behind the other, whatever runs they are in. */
  collect(calls: readonly Call[]): void {
    this.run = new RequestRun();
    for (const call of calls) {
      call.start = this.run.append(call.run, call.start, call.end);
      call.end = this.run.length;
      call.run = this.run;
      call.waiting = true;
    }
  }

  /** Gives all memory back. */
  clear(): void {
    this.run = new RequestRun(0);
    this.spares.clear();
  }
}
