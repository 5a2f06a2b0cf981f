import type { Socket } from 'node:net';
import { errorReply } from '@kv/protocol';
import { chooseDialect } from './choose-dialect.ts';
import { ClientSocket, type SocketOwner } from './client-socket.ts';
import type { Dialect } from './dialect.ts';
import { DurableRequests } from './durable-requests.ts';
import type { GatheredClient } from './gathering.ts';
import { INPUT_AHEAD_BYTES_MAX, OUTPUT_BYTES_MAX, PUSH_BYTES_MAX } from './limits.ts';
import type { Machinery } from './machinery.ts';
import type { Reply } from './parked.ts';
import { Pushes } from './pushes.ts';
import { RequestInput } from './request-input.ts';
import type { Session } from './session.ts';
import { Suspension } from './suspension.ts';
import type { Runner } from './turn.ts';
import type { Progress } from './watch.ts';

/**
 * One client: what has arrived and not been executed, and how it goes on. Requests
 * wait while a reply is parked, and while replies wait for the client; within one turn
 * at most `OUTPUT_BYTES_MAX` and one reply are gathered.
 */
export class Connection implements SocketOwner, Runner, GatheredClient {
  readonly session: Session;
  readonly socket: ClientSocket;
  readonly suspension: Suspension;
  dialect: Dialect;
  private readonly machinery: Machinery;
  private readonly onClose: (connection: Connection) => void;
  private readonly input: RequestInput;
  private receivedBytes = 0;
  /** What the statistics count for this connection. */
  private countedBytes = 0;
  /** Where the socket reads to. */
  private reads: Uint8Array | undefined;
  /** How many pieces of what has arrived wait to be executed with what others have sent. */
  private gathered = 0;
  /** The client has sent all it will. */
  private complete = false;
  /** The server is closing: what has arrived is answered, nothing more is taken. */
  private draining = false;
  private judged = false;
  private readonly pushes = new Pushes();
  private readonly durable: DurableRequests;

  constructor(
    accepted: Socket,
    session: Session,
    machinery: Machinery,
    onClose: (connection: Connection) => void,
  ) {
    this.session = session;
    this.machinery = machinery;
    this.input = new RequestInput(machinery.spares);
    this.dialect = machinery.native;
    this.suspension = new Suspension(machinery.context.pause, () => this.takeTurn());
    this.onClose = onClose;
    this.socket = new ClientSocket(accepted, machinery.wire, this);
    this.durable = new DurableRequests(machinery, this);
    session.disconnect = () => this.socket.destroy();
    session.unblock = (reply) => this.suspension.unblock(reply);
    session.isBlocked = () => this.suspension.isBlocked;
    session.holds = () => ({
      input: this.input.heldBytes,
      output: this.socket.queuedBytes + this.pushes.bytes,
    });
    session.push = (write, bytes) => this.push(write, bytes);
  }

  /** How the connection moves along, for the limits in time. */
  get progress(): Progress {
    const { socket, session, receivedBytes, input } = this;
    return {
      trusted: session.trusted,
      finished: socket.finished,
      // Who waits for messages is not idle.
      parked: this.suspension.isParked || session.subscriptions !== undefined || session.monitoring,
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
    if (this.suspension.abandon()) this.session.closing = true;
    this.takeTurn();
  }

  /** Refuses the client with an error, before anything is executed. */
  refuse(message: string): void {
    this.session.closing = true;
    this.suspension.answer((out) => out.error(errorReply(message)));
  }

  /** Sends something between replies, when the connection has its turn. */
  private push(write: Reply, bytes: number): void {
    const { pushes, session, socket, machinery } = this;
    if (session.closing || socket.destroyed) return;
    pushes.add(write, bytes);
    if (pushes.bytes + socket.queuedBytes > PUSH_BYTES_MAX) {
      const { id, address } = session;
      machinery.context.log.warn({ client: id, address }, 'cut off: its messages are not taken');
      socket.destroy();
    } else this.takeTurn();
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
    if (!this.admit(count, into) || this.isGathered(into, count)) return;
    if (into === shared?.area) input.read(shared, count);
    else input.placed(into, count);
    this.takeTurn();
    input.settle();
    this.socket.rest(count);
  }

  /** {@link SocketOwner}: bytes have arrived in an array of their own. */
  received(chunk: Uint8Array): void {
    if (!this.admit(chunk.length, chunk) || this.isGathered(chunk, chunk.length)) return;
    this.input.add(chunk);
    this.takeTurn();
    this.socket.rest(chunk.length);
  }

  /** Whether what has arrived waits to be executed with what others have sent. */
  private isGathered(bytes: Uint8Array, count: number): boolean {
    const { input, session } = this;
    const { gathering } = this.machinery;
    if (session.trusted && input.start === input.end && this.mayRun()) {
      // It may be executed at once.
      this.gathered++;
      if (gathering.take(this, bytes, count)) return true;
      this.gathered--;
    }
    // What comes behind must find it executed, or kept.
    if (this.gathered > 0) gathering.flush();
    return false;
  }

  /** Whether bytes that have arrived are to be executed. */
  private admit(count: number, bytes: Uint8Array): boolean {
    this.machinery.context.statistics.inputBytes += count;
    this.machinery.busyPoll.received();
    this.receivedBytes += count;
    if (this.session.closing || this.draining) return false;
    if (this.judged) return true;
    this.judged = true;
    const { session, socket, machinery } = this;
    const chosen = chooseDialect(bytes.subarray(0, count), session, socket, machinery);
    if (chosen !== undefined) this.dialect = chosen;
    return chosen !== undefined;
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
    this.suspension.end();
    this.onClose(this);
  }

  drained(): void {
    this.takeTurn();
  }

  /** Whatever was gathered comes first: it may be ours, and the batch is needed. */
  private takeTurn(): void {
    this.machinery.gathering.flush();
    this.machinery.turn.take(this);
  }

  /** {@link Runner}: executes what has arrived, as far as it may. Nobody else calls it. */
  run(): void {
    if (this.socket.destroyed) return;
    this.open();
    this.writePushes();
    this.durable.writeLate();
    while (this.mayRun() && this.runBatch());
    this.settle();
  }

  /** {@link GatheredClient}: what it may not execute yet is kept. */
  runGathered(from: number, to: number, start: number): void {
    this.gathered--;
    if (this.socket.destroyed) return;
    const { input, machinery } = this;
    const { batch } = this.dialect;
    this.open();
    // Behind what an earlier piece has left it waits, even if another client has let this one go on by now.
    const isNext = input.start === input.end;
    const done = isNext ? machinery.executor.rows(batch, from, to, this) : from;
    if (done < to) {
      const left = done === from ? start : (batch.end[done - 1] as number);
      input.add(batch.bytes.slice(left, batch.end[to - 1]));
    }
    this.settle();
  }

  /** {@link Client}: as far as the client takes them. */
  writePushes(): void {
    const { out } = this.dialect;
    while (!this.socket.blocked) {
      const write = this.pushes.next();
      if (write === undefined) return;
      out.beginPush();
      write(out);
      out.end();
      if (out.pendingBytes + this.socket.queuedBytes > OUTPUT_BYTES_MAX) out.flush();
    }
  }

  /** The turn begins: replies go to this client. */
  private open(): void {
    const { out } = this.dialect;
    out.sink = this.socket;
    out.version = this.session.protocol;
  }

  /** The turn is over: replies are sent, and it shows whether the client goes on. */
  private settle(): void {
    const { socket, session } = this;
    const { out } = this.dialect;
    const { statistics } = this.machinery.context;
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

  /** {@link Client} */
  mayRun(): boolean {
    return !this.socket.blocked && !this.suspension.active && !this.session.closing;
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
    const { executor } = this.machinery;
    const { input, session, dialect } = this;
    const { batch } = dialect;
    if (input.start === input.end) return false;
    input.fill(dialect, session.trusted);
    const { rows } = batch;
    executor.begin(batch, session);
    const done = batch.durable ? this.durable.run(batch) : executor.rows(batch, 0, rows, this);
    executor.end(batch, done, session);
    input.drop(batch, done);
    if (done < rows) return true;
    // Not before the replies ahead of it; what is wrong is still there to be read again.
    if (input.error !== undefined && this.mayRun()) executor.breakOff(this, input.error);
    return rows > 0;
  }

  /** Whether nothing more will be answered. */
  private isDone(): boolean {
    if (this.suspension.active || this.gathered > 0) return false;
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
