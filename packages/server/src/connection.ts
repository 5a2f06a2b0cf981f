import type { Socket } from 'node:net';
import {
  errorReply,
  type FrameReader,
  NativeReplyWriter,
  type RequestBatch,
  type Sink,
} from '@kv/protocol';
import type { Dispatcher } from './dispatch.ts';
import { foreignProtocol } from './foreign.ts';
import type { ServerContext } from './handler.ts';
import { InputTail } from './input-tail.ts';
import { OUTPUT_BYTES_MAX } from './limits.ts';
import type { Parked, Reply } from './parked.ts';
import type { Session } from './session.ts';

/** What the connections of a server share: one request is executed at a time. */
export interface Machinery {
  readonly context: ServerContext;
  readonly dispatcher: Dispatcher;
  readonly reader: FrameReader;
  readonly batch: RequestBatch;
}

const NOTHING = new Uint8Array(0);

/**
 * One client: its socket, what has arrived and not been executed, and replies on
 * their way out. Requests wait, and the socket is not read, while a reply is
 * parked or more than `OUTPUT_BYTES_MAX` of replies wait for the client.
 */
export class Connection implements Sink {
  readonly session: Session;
  private readonly socket: Socket;
  private readonly machinery: Machinery;
  private readonly out: NativeReplyWriter;
  private readonly input = new InputTail();
  private parked: Parked | undefined;
  /** Replies wait for the client; no request is executed. */
  private blocked = false;
  /** The client has sent all it will. */
  private ended = false;
  private judged = false;
  private running = false;

  constructor(socket: Socket, session: Session, machinery: Machinery) {
    this.socket = socket;
    this.session = session;
    this.machinery = machinery;
    this.out = new NativeReplyWriter(this);
    socket.on('data', (chunk) => this.received(chunk));
    socket.on('end', () => {
      this.ended = true;
      this.finishIfDone();
    });
    // What follows an error is 'close', which the server listens to.
    socket.on('error', (error) => {
      machinery.context.log.debug({ client: session.id, err: error }, 'connection error');
    });
    socket.on('close', () => {
      this.parked?.cancel?.();
      this.parked = undefined;
    });
  }

  /** Bytes that the client has been slow to take, and how many it ever took. */
  get waiting(): { readonly bytes: number; readonly taken: number } {
    const { writableLength, bytesWritten } = this.socket;
    return { bytes: writableLength, taken: bytesWritten - writableLength };
  }

  /** Cuts the client off. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Answers what has arrived, then closes. */
  close(): void {
    this.session.closing = true;
    if (this.parked?.abandonable) this.parked = undefined;
    this.finishIfDone();
  }

  /** Refuses the client with an error, before anything is executed. */
  refuse(message: string): void {
    this.session.closing = true;
    this.writeReply((out) => out.error(errorReply(message)));
    this.out.flush();
    this.finishIfDone();
  }

  /** {@link Sink}: the kernel has everything, or the socket keeps the array. */
  send(bytes: Uint8Array, length: number): boolean {
    const { socket } = this;
    this.machinery.context.statistics.outputBytes += length;
    if (socket.destroyed) return true;
    socket.write(bytes.subarray(0, length));
    if (socket.writableLength === 0) return true;
    if (socket.writableLength > OUTPUT_BYTES_MAX && !this.blocked) {
      this.blocked = true;
      // The callback of an empty write runs when all before it is out; 'drain' may not fire.
      socket.write(NOTHING, () => this.unblock());
    }
    return false;
  }

  private unblock(): void {
    this.blocked = false;
    this.continue();
  }

  private received(chunk: Buffer): void {
    const { context } = this.machinery;
    context.statistics.inputBytes += chunk.length;
    if (this.session.closing) return;
    if (!this.judged && !this.judge(chunk)) return;
    this.input.add(chunk);
    this.continue();
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

  /** Executes what has arrived, as far as it may. */
  private continue(): void {
    if (this.running || this.socket.destroyed) return;
    this.running = true;
    while (this.mayRun() && this.runBatch());
    this.running = false;
    this.out.flush();
    if (this.mayRun()) this.socket.resume();
    else if (!this.session.closing) this.socket.pause();
    this.finishIfDone();
  }

  private mayRun(): boolean {
    return !this.blocked && this.parked === undefined && !this.session.closing;
  }

  /** Reads a batch of requests and executes it. False: no whole request is left. */
  private runBatch(): boolean {
    const { batch, reader, context } = this.machinery;
    const { input, session } = this;
    const { bytes, start, end } = input;
    if (start === end) return false;
    batch.begin(bytes);
    const read = reader.fill(batch, start, end, session.trusted);
    const { error, wanted } = reader;
    const { rows } = batch;
    const now = context.clock.now();
    context.keyspaces.now = now;
    session.lastActiveAt = now;
    const done = this.executeRows();
    input.consume(done < rows ? (batch.end[done - 1] as number) : read);
    batch.release();
    if (done < rows) return true;
    if (error !== undefined && !session.closing) this.breakOff(error);
    else input.expect(wanted);
    return rows > 0;
  }

  /** Executes rows until one is parked or stops the connection; answers how many ran. */
  private executeRows(): number {
    const { batch, dispatcher } = this.machinery;
    const { out, session } = this;
    let row = 0;
    while (row < batch.rows && this.mayRun()) {
      out.begin();
      const parked = dispatcher.execute(batch, row++, session, out);
      if (parked === undefined) {
        out.end();
        // What waits for a client is looked at after every command.
        if (out.pendingBytes > OUTPUT_BYTES_MAX) out.flush();
      } else {
        out.cancel();
        this.park(parked);
      }
    }
    return row;
  }

  /** Holds back everything behind a reply that comes later. */
  private park(parked: Parked): void {
    this.parked = parked;
    this.out.flush();
    parked.start((reply) => {
      if (this.parked !== parked) return;
      this.parked = undefined;
      if (this.socket.destroyed) return;
      this.writeReply(reply);
      this.continue();
    });
  }

  private writeReply(reply: Reply): void {
    this.out.begin();
    reply(this.out);
    this.out.end();
  }

  /** The bytes make no sense: says so, and closes this connection. */
  private breakOff(reason: string): void {
    const { log } = this.machinery.context;
    const { id, address } = this.session;
    log.warn({ client: id, address, reason }, 'protocol error');
    this.session.closing = true;
    this.writeReply((out) => out.error(errorReply(`Protocol error: ${reason}`)));
  }

  /** Closes the socket when nothing more will be answered. */
  private finishIfDone(): void {
    const { session, socket } = this;
    if (this.parked !== undefined || socket.writableEnded || socket.destroyed) return;
    if (!session.closing && !(this.ended && !this.blocked)) return;
    session.closing = true;
    this.out.flush();
    // Bytes that still arrive are thrown away, so that the client can read our last words.
    socket.resume();
    socket.end();
  }
}
