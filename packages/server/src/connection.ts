import type { Socket } from 'node:net';
import {
  Errors,
  errorReply,
  type FrameReader,
  type NativeReplyWriter,
  type RequestBatch,
} from '@kv/protocol';
import { ClientSocket, type SocketOwner, type Wire } from './client-socket.ts';
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
  readonly wire: Wire;
  readonly reader: FrameReader;
  readonly batch: RequestBatch;
  /** Empty between turns; its sink is the connection that has the turn. */
  readonly out: NativeReplyWriter;
  readonly turn: Turn;
}

/**
 * One client: what has arrived and not been executed, and how it goes on. Requests
 * wait while a reply is parked, and while replies wait for the client; within one turn
 * at most `OUTPUT_BYTES_MAX` and one reply are gathered.
 */
export class Connection implements SocketOwner, Runner {
  readonly session: Session;
  private readonly socket: ClientSocket;
  private readonly machinery: Machinery;
  private readonly onClose: (connection: Connection) => void;
  private readonly input = new InputTail();
  private receivedBytes = 0;
  /** What the statistics count for this connection. */
  private countedBytes = 0;
  /** Where the socket reads to. */
  private reads: Uint8Array | undefined;
  private parked: Parked | undefined;
  /** The reply of what was parked, or a refusal, to be written in the next turn. */
  private late: Reply | undefined;
  /** The client has sent all it will. */
  private complete = false;
  /** The server is closing: what has arrived is answered, nothing more is taken. */
  private draining = false;
  private judged = false;

  constructor(
    accepted: Socket,
    session: Session,
    machinery: Machinery,
    onClose: (connection: Connection) => void,
  ) {
    this.session = session;
    this.machinery = machinery;
    this.onClose = onClose;
    this.socket = new ClientSocket(accepted, machinery.wire, this);
  }

  /** How the connection moves along, for the limits in time. */
  get progress(): Progress {
    const { socket, session, receivedBytes, input } = this;
    return {
      trusted: session.trusted,
      finished: socket.finished,
      parked: this.parked !== undefined,
      partial: input.end > input.start && this.mayRun(),
      receivedBytes,
      waitingBytes: socket.waitingBytes,
      takenMark: socket.takenMark,
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

  /** {@link SocketOwner}: where the next read goes, if that is elsewhere than the last one. */
  place(): Uint8Array | undefined {
    const place = this.input.place() ?? this.machinery.wire.input?.area;
    if (place === this.reads) return undefined;
    this.reads = place;
    return place;
  }

  /** {@link SocketOwner}: bytes have been read to a place. */
  read(count: number, into: Uint8Array): void {
    const { input, machinery } = this;
    const shared = machinery.wire.input;
    if (!this.admit(count, into)) return;
    if (into === shared?.area) input.read(shared, count);
    else input.placed(into, count);
    this.takeTurn();
    input.settle();
    this.socket.rest(count);
  }

  /** {@link SocketOwner}: bytes have arrived in an array of their own. */
  received(chunk: Uint8Array): void {
    if (!this.admit(chunk.length, chunk)) return;
    this.input.add(chunk);
    this.takeTurn();
    this.socket.rest(chunk.length);
  }

  /** Whether bytes that have arrived are to be executed. */
  private admit(count: number, bytes: Uint8Array): boolean {
    this.machinery.context.statistics.inputBytes += count;
    this.receivedBytes += count;
    if (this.session.closing || this.draining) return false;
    return this.judged || this.judge(bytes.subarray(0, count));
  }

  /** Looks at the first bytes of a connection. False: it is not one of ours. */
  private judge(chunk: Uint8Array): boolean {
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

  ended(): void {
    this.complete = true;
    this.takeTurn();
  }

  failed(error: Error): void {
    // What follows an error is 'close'.
    this.machinery.context.log.debug({ client: this.session.id, err: error }, 'connection error');
  }

  closed(): void {
    this.input.clear();
    this.count();
    const { parked } = this;
    this.parked = undefined;
    parked?.cancel?.();
    this.onClose(this);
  }

  drained(): void {
    this.takeTurn();
  }

  private takeTurn(): void {
    this.machinery.turn.take(this);
  }

  /** {@link Runner}: executes what has arrived, as far as it may. Nobody else calls it. */
  run(): void {
    const { socket, session, machinery, late } = this;
    if (socket.destroyed) return;
    const { out } = machinery;
    const { statistics } = machinery.context;
    out.sink = socket;
    this.late = undefined;
    if (late !== undefined) this.writeReply(late);
    while (this.mayRun() && this.runBatch());
    out.flush();
    statistics.errors += out.errors;
    out.errors = 0;
    socket.settle();
    socket.read(this.mayRead());
    if (this.isDone()) this.finish();
    else if (session.closing) this.input.clear();
    this.count();
  }

  /** Tells the memory that this connection holds now. */
  private count(): void {
    const { input, socket, countedBytes } = this;
    const held = socket.destroyed ? 0 : input.heldBytes + socket.queuedBytes;
    if (held === countedBytes) return;
    this.countedBytes = held;
    this.machinery.context.statistics.clientBytes += held - countedBytes;
  }

  private mayRun(): boolean {
    const { socket, parked, late, session } = this;
    return !socket.blocked && parked === undefined && late === undefined && !session.closing;
  }

  /** What arrives on a connection that is closing is thrown away, but must be read for that. */
  private mayRead(): boolean {
    if (this.session.closing || this.draining) return true;
    const { input } = this;
    return (
      !this.socket.blocked && (this.mayRun() || input.end - input.start < INPUT_AHEAD_BYTES_MAX)
    );
  }

  /** Reads a batch of requests and executes it. False: no whole request is left. */
  private runBatch(): boolean {
    const { batch, reader, context } = this.machinery;
    const { input, session } = this;
    const { bytes, view, start, end } = input;
    if (start === end) return false;
    batch.begin(bytes, view);
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
    const { socket } = this;
    let row = 0;
    while (row < batch.rows && this.mayRun()) {
      out.begin();
      const parked = this.executeRow(row++);
      if (parked === undefined) {
        out.end();
        // What waits for a client is looked at after every command.
        if (out.pendingBytes + socket.queuedBytes > OUTPUT_BYTES_MAX) out.flush();
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
    return this.session.closing || ((this.complete || this.draining) && !this.socket.blocked);
  }

  /** Closes our side. Bytes that still arrive are thrown away, so that the client can read our last words. */
  private finish(): void {
    const { session, socket, input } = this;
    session.closing = true;
    input.clear();
    if (socket.finished) return;
    socket.read(true);
    socket.end();
  }
}
