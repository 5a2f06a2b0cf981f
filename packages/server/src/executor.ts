// Requests that have been read are executed here, whoever read them: one connection by
// itself, or many together. This is the hot path of the server.
import {
  COMPILED,
  compiledNamed,
  type ErrorReply,
  Errors,
  errorReply,
  type RequestBatch,
} from '@kv/protocol';
import type { ClientSocket } from './client-socket.ts';
import type { Dialect } from './dialect.ts';
import type { Dispatcher } from './dispatch.ts';
import type { ServerContext } from './handler.ts';
import { OUTPUT_BYTES_MAX } from './limits.ts';
import type { Parked } from './parked.ts';
import type { Session } from './session.ts';
import type { Suspension } from './suspension.ts';

const MULTI = compiledNamed('MULTI')?.id;
const EXEC = compiledNamed('EXEC')?.id;
const DISCARD = compiledNamed('DISCARD')?.id;

/** Whose requests are executed. */
export interface Client {
  readonly session: Session;
  readonly socket: ClientSocket;
  readonly suspension: Suspension;
  /** Its `out` writes to the socket, for as long as the client has its turn. */
  readonly dialect: Dialect;
  /** Writes what waits to be sent to it between replies. */
  writePushes(): void;
  /** Whether the next request may be executed now. */
  mayRun(): boolean;
}

/** Executes rows of batches for clients. */
export class Executor {
  private readonly context: ServerContext;
  private readonly dispatcher: Dispatcher;

  constructor(context: ServerContext, dispatcher: Dispatcher) {
    this.context = context;
    this.dispatcher = dispatcher;
  }

  /** To be called before the rows of a batch are looked up and executed; reads the clock. */
  begin(batch: RequestBatch, session: Session): void {
    const { clock, keyspaces } = this.context;
    keyspaces.now = clock.now();
    this.context.timer.begin(keyspaces.now);
    session.keyspace.prefetch(batch);
  }

  /** To be called when the first `rows` of a batch have been executed, by one client or several. */
  end(batch: RequestBatch, rows: number, session: Session): void {
    this.context.timer.end(batch, rows, session);
  }

  /** Executes rows `[from, to)` until one is parked or stops the client; answers where that is. */
  rows(batch: RequestBatch, from: number, to: number, client: Client): number {
    const { session, suspension, dialect } = client;
    const { out } = dialect;
    const { keyspaces, pause, statistics } = this.context;
    keyspaces.touching = !session.noTouch;
    session.lastActiveAt = keyspaces.now;
    let row = from;
    while (row < to && client.mayRun()) {
      if (pause.active) {
        if (this.isHeld(batch, row, client)) break;
      } else {
        const next = this.dispatcher.runAhead(batch, row, to, session, out);
        if (next > row) {
          row = next;
          this.flushIfMany(client);
          continue;
        }
      }
      out.begin();
      const skips = session.skipsReply;
      session.skipsReply = false;
      const parked = this.row(batch, row++, client);
      const mutes = session.repliesOff || session.skipsReply || skips;
      if (parked !== undefined) {
        out.cancel();
        suspension.park(parked, mutes);
      } else if (mutes) out.cancel();
      else {
        out.end();
        this.flushIfMany(client);
      }
      // What it has published to itself comes before its next reply.
      if (session.subscriptions !== undefined) client.writePushes();
    }
    statistics.commands += row - from;
    return row;
  }

  /**
   * Answers rows with an error, without executing them; answers how many. A transaction is refused
   * as a whole: its end is, and what is left of one whose beginning was.
   */
  refuse(batch: RequestBatch, client: Client, error: ErrorReply): number {
    const { session, dialect } = client;
    const { out } = dialect;
    const isRest = session.refusal !== undefined;
    session.lastActiveAt = this.context.keyspaces.now;
    for (let row = 0; row < batch.rows; row++) {
      out.begin();
      out.error(error);
      out.end();
      const command = batch.command[row] as number;
      if (command === MULTI) session.refusal = error;
      else if (command === EXEC || command === DISCARD) {
        session.leaveTransaction();
        this.context.watchedKeys.forget(session);
        if (isRest) return row + 1;
      } else if (session.transaction !== undefined) session.transaction.failed = true;
    }
    return batch.rows;
  }

  /** What waits for a client is looked at whenever it may have become too much. */
  private flushIfMany({ dialect, socket }: Client): void {
    const { out } = dialect;
    if (out.pendingBytes + socket.queuedBytes > OUTPUT_BYTES_MAX) out.flush();
  }

  /** Whether CLIENT PAUSE holds a request; then it is looked at again when that ends. */
  private isHeld(batch: RequestBatch, row: number, { session, suspension }: Client): boolean {
    const command = COMPILED[batch.command[row] as number];
    if (command === undefined) return false;
    // A transaction writes if anything in it does.
    const writes = command.row.name === 'EXEC' && session.transaction?.writes;
    return suspension.holds(writes ? ['write'] : command.row.flags);
  }

  /** Executes one row; a write for which the system has no memory is refused like any other. */
  private row(batch: RequestBatch, row: number, client: Client): Parked | undefined {
    const { out } = client.dialect;
    try {
      return this.dispatcher.execute(batch, row, client.session, out);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'OUT_OF_MEMORY') throw error;
      out.cancel();
      out.begin();
      out.error(Errors.outOfMemory);
      return undefined;
    }
  }

  /** The client's bytes make no sense: says so, and ends it. */
  breakOff({ session, dialect }: Client, reason: string): void {
    const { id, address } = session;
    this.context.log.warn({ client: id, address, reason }, 'protocol error');
    session.closing = true;
    const { out } = dialect;
    out.begin();
    out.error(errorReply(`Protocol error: ${reason}`));
    out.end();
  }
}
