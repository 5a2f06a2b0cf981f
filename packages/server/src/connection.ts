import type { Socket } from 'node:net';
import {
  Errors,
  errorReply,
  type FrameReader,
  type NativeReplyWriter,
  type RequestBatch,
  type Sink,
} from '@kv/protocol';
import type { Dispatcher } from './dispatch.ts';
import { foreignProtocol } from './foreign.ts';
import type { ServerContext } from './handler.ts';
import { InputTail } from './input-tail.ts';
import { INPUT_AHEAD_BYTES_MAX, OUTPUT_BYTES_MAX } from './limits.ts';
import type { Parked, Reply } from './parked.ts';
import type { Session } from './session.ts';
import type { Runner, Turn } from './turn.ts';
import type { Progress } from './watch.ts';

/** What the connections of a server share: one of them has its turn at a time. */
export interface Machinery {
  readonly context: ServerContext;
  readonly dispatcher: Dispatcher;
  readonly reader: FrameReader;
  readonly batch: RequestBatch;
  /** Empty between turns; its sink is the connection that has the turn. */
  readonly out: NativeReplyWriter;
  readonly turn: Turn;
}

const NOTHING = new Uint8Array(0);

/**
 * One client: its socket, what has arrived and not been executed, and replies on
 * their way out. Requests wait while a reply is parked, and while replies wait
 * for the client; within one turn at most `OUTPUT_BYTES_MAX` and one reply are gathered.
 */
export class Connection implements Sink, Runner {
  readonly session: Session;
  private readonly socket: Socket;
  private readonly machinery: Machinery;
  private readonly input = new InputTail();
  private receivedBytes = 0;
  /** What the statistics count for this connection. */
  private countedBytes = 0;
  private parked: Parked | undefined;
  /** The reply of what was parked, or a refusal, to be written in the next turn. */
  private late: Reply | undefined;
  /** Replies wait for the client; no request is executed. */
  private blocked = false;
  /** What the socket held after the last write; less by now, perhaps. */
  private queuedBytes = 0;
  /** The client has sent all it will. */
  private ended = false;
  /** The server is closing: what has arrived is answered, nothing more is taken. */
  private draining = false;
  private judged = false;

  constructor(socket: Socket, session: Session, machinery: Machinery) {
    this.socket = socket;
    this.session = session;
    this.machinery = machinery;
    socket.on('data', (chunk) => this.received(chunk));
    socket.on('end', () => {
      this.ended = true;
      this.takeTurn();
    });
    // What follows an error is 'close', which the server listens to.
    socket.on('error', (error) => {
      machinery.context.log.debug({ client: session.id, err: error }, 'connection error');
    });
    socket.on('close', () => {
      this.input.clear();
      this.count();
      const { parked } = this;
      this.parked = undefined;
      parked?.cancel?.();
    });
  }

  /** How the connection moves along, for the limits in time. */
  get progress(): Progress {
    const { socket, session, receivedBytes, input } = this;
    const { writableLength, bytesWritten } = socket;
    // How much of a write that is under way the kernel has not taken; undocumented, so perhaps not there.
    const handle = (socket as { _handle?: { writeQueueSize?: number } })._handle;
    return {
      trusted: session.trusted,
      finished: socket.writableEnded,
      parked: this.parked !== undefined,
      partial: input.end > input.start && this.mayRun(),
      receivedBytes,
      waitingBytes: writableLength,
      takenMark: bytesWritten - writableLength - (handle?.writeQueueSize ?? 0),
    };
  }

  /** Cuts the client off. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Answers what has arrived, then closes. */
  close(): void {
    this.draining = true;
    if (this.parked?.abandonable) {
      this.parked = undefined;
      this.session.closing = true;
    }
    this.takeTurn();
  }

  /** Refuses the client with an error, before anything is executed. */
  refuse(message: string): void {
    this.session.closing = true;
    this.late = (out) => out.error(errorReply(message));
    this.takeTurn();
  }

  /** {@link Sink}: the kernel has everything, or the socket keeps the array. */
  send(bytes: Uint8Array, length: number): boolean {
    const { socket } = this;
    this.machinery.context.statistics.outputBytes += length;
    if (socket.destroyed || socket.writableEnded) return true;
    socket.write(bytes.subarray(0, length));
    this.queuedBytes = socket.writableLength;
    if (this.queuedBytes === 0) return true;
    if (this.queuedBytes > OUTPUT_BYTES_MAX) this.block();
    return false;
  }

  /** Executes nothing more until the client has taken what waits for it. */
  private block(): void {
    if (this.blocked) return;
    this.blocked = true;
    // The callback of an empty write runs when all before it is out; 'drain' may not fire.
    this.socket.write(NOTHING, () => {
      this.blocked = false;
      this.queuedBytes = this.socket.writableLength;
      this.takeTurn();
    });
  }

  private received(chunk: Buffer): void {
    this.machinery.context.statistics.inputBytes += chunk.length;
    this.receivedBytes += chunk.length;
    if (this.session.closing || this.draining) return;
    if (!this.judged && !this.judge(chunk)) return;
    this.input.add(chunk);
    this.takeTurn();
  }

  /** Looks at the first bytes of a connection. False: it is not one of ours. */
  private judge(chunk: Buffer): boolean {
    this.judged = true;
    const foreign = foreignProtocol(chunk);
    if (foreign === undefined) return true;
    const { log } = this.machinery.context;
    const { address, id } = this.session;
    log.warn({ client: id, address, protocol: foreign.name }, 'refused a foreign protocol');
    this.session.closing = true;
    this.socket.end(foreign.answer);
    return false;
  }

  private takeTurn(): void {
    this.machinery.turn.take(this);
  }

  /** {@link Runner}: executes what has arrived, as far as it may. Nobody else calls it. */
  run(): void {
    const { socket, session, machinery, late } = this;
    if (socket.destroyed) return;
    const { out } = machinery;
    out.sink = this;
    this.late = undefined;
    if (late !== undefined) this.writeReply(late);
    while (this.mayRun() && this.runBatch());
    out.flush();
    machinery.context.statistics.errors += out.errors;
    out.errors = 0;
    if (socket.writableLength > 0 && !socket.writableEnded) this.block();
    if (this.mayRead()) socket.resume();
    else socket.pause();
    if (this.isDone()) this.finish();
    else if (session.closing) this.input.clear();
    this.count();
  }

  /** Tells the memory that this connection holds now. */
  private count(): void {
    const { input, socket, countedBytes } = this;
    this.countedBytes = socket.destroyed ? 0 : input.heldBytes + socket.writableLength;
    this.machinery.context.statistics.clientBytes += this.countedBytes - countedBytes;
  }

  private mayRun(): boolean {
    const { blocked, parked, late, session } = this;
    return !blocked && parked === undefined && late === undefined && !session.closing;
  }

  /** What arrives on a connection that is closing is thrown away, but must be read for that. */
  private mayRead(): boolean {
    if (this.session.closing || this.draining) return true;
    const { input } = this;
    return !this.blocked && (this.mayRun() || input.end - input.start < INPUT_AHEAD_BYTES_MAX);
  }

  /** Reads a batch of requests and executes it. False: no whole request is left. */
  private runBatch(): boolean {
    const { batch, reader, context } = this.machinery;
    const { input, session } = this;
    const { bytes, start, end } = input;
    if (start === end) return false;
    batch.begin(bytes);
    batch.adoptable = input.own;
    const read = reader.fill(batch, start, end, session.trusted);
    const { error, wanted } = reader;
    const { rows } = batch;
    const now = context.clock.now();
    context.keyspaces.now = now;
    session.lastActiveAt = now;
    batch.takeKeys();
    session.keyspace.prefetch(batch);
    const done = this.executeRows();
    const consumed = done < rows ? (batch.end[done - 1] as number) : read;
    if (input.own && !batch.adoptable) input.leave(consumed);
    else input.consume(consumed);
    batch.release();
    if (done < rows) return true;
    input.expect(wanted);
    // Not before the replies ahead of it; what is wrong is still there to be read again.
    if (error !== undefined && this.mayRun()) this.breakOff(error);
    return rows > 0;
  }

  /** Executes rows until one is parked or stops the connection; answers how many ran. */
  private executeRows(): number {
    const { batch, out } = this.machinery;
    let row = 0;
    while (row < batch.rows && this.mayRun()) {
      out.begin();
      const parked = this.executeRow(row++);
      if (parked === undefined) {
        out.end();
        // What waits for a client is looked at after every command.
        if (out.pendingBytes + this.queuedBytes > OUTPUT_BYTES_MAX) out.flush();
      } else {
        out.cancel();
        this.park(parked);
      }
    }
    return row;
  }

  /** Executes one row; a write for which the system has no memory is refused like any other. */
  private executeRow(row: number): Parked | undefined {
    const { batch, dispatcher, out } = this.machinery;
    try {
      return dispatcher.execute(batch, row, this.session, out);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'OUT_OF_MEMORY') throw error;
      out.cancel();
      out.begin();
      out.error(Errors.outOfMemory);
      return undefined;
    }
  }

  /** Holds back everything behind a reply that comes later. */
  private park(parked: Parked): void {
    this.parked = parked;
    parked.start((reply) => {
      if (this.parked !== parked) return;
      this.parked = undefined;
      this.late = reply;
      this.takeTurn();
    });
  }

  private writeReply(reply: Reply): void {
    const { out } = this.machinery;
    out.begin();
    reply(out);
    out.end();
  }

  /** The bytes make no sense: says so, and closes this connection. */
  private breakOff(reason: string): void {
    const { log } = this.machinery.context;
    const { id, address } = this.session;
    log.warn({ client: id, address, reason }, 'protocol error');
    this.session.closing = true;
    this.writeReply((out) => out.error(errorReply(`Protocol error: ${reason}`)));
  }

  /** Whether nothing more will be answered. */
  private isDone(): boolean {
    if (this.parked !== undefined || this.late !== undefined) return false;
    return this.session.closing || ((this.ended || this.draining) && !this.blocked);
  }

  /** Closes our side. Bytes that still arrive are thrown away, so that the client can read our last words. */
  private finish(): void {
    const { session, socket, input } = this;
    session.closing = true;
    input.clear();
    if (socket.writableEnded) return;
    socket.resume();
    socket.end();
  }
}
