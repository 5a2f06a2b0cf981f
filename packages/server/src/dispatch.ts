// The one gate: every check that cuts across commands is here, in this order:
// handshake, transaction (whose commands are queued), look-up, subcommand, sign-in, what
// subscribers may send, loading, arity and arguments, the log, memory, then the handler. No
// handler holds any of them. What nearly all requests are, `isPlain`, has a shorter way.
import {
  COMPILED,
  type CompiledCommand,
  checkArguments,
  checkArity,
  compiledNamed,
  type ErrorReply,
  Errors,
  errorReply,
  isPlain,
  type ReplyWriter,
  type RequestBatch,
} from '@kv/protocol';
import { CommandRunner } from './command-runner.ts';
import { bitmapCommands } from './commands/bitmap.ts';
import { connectionCommands } from './commands/connection.ts';
import { genericCommands } from './commands/generic.ts';
import { pubsubCommands } from './commands/pubsub.ts';
import { serverCommands } from './commands/server.ts';
import { stringCommands } from './commands/string.ts';
import { transactionCommands } from './commands/transactions.ts';
import type { Dialect } from './dialect.ts';
import { logFailed, saveFailed } from './disk-errors.ts';
import type { Handler, ServerContext } from './handler.ts';
import type { Parked } from './parked.ts';
import { mayBeginRun, runPlain } from './plain-run.ts';
import type { Session } from './session.ts';
import { isForSubscribers, notForSubscribers } from './subscribers.ts';
import type { Transaction } from './transaction.ts';
import { isOfHttp, unusualCommand } from './unusual-command.ts';

const HELLO = compiledNamed('HELLO')?.id;
/** What is executed although a transaction is being put together. */
const NEVER_QUEUED: ReadonlySet<number | undefined> = new Set(
  ['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'QUIT', 'RESET'].map((name) => compiledNamed(name)?.id),
);
const EXEC = compiledNamed('EXEC')?.id;
const NOT_WITHIN = errorReply('Command not allowed inside a transaction');
const QUEUE_FULL = errorReply('the transaction would be longer than 1073741824 bytes');
const HELLO_FIRST = errorReply('a native connection begins with HELLO', 'NOPROTO');

/** What a command needs, by its number: a disk that can be written, and room in memory. */
const DISK = 1;
const ROOM = 2;
const NEEDS = Uint8Array.from(
  COMPILED,
  (command) => (command?.writes ? DISK : 0) | (command?.deniedWithoutMemory ? ROOM : 0),
);

/** Executes the rows of batches: finds the command, checks, and runs its handler. */
export class Dispatcher {
  private readonly context: ServerContext;
  private readonly runner: CommandRunner;
  private loaded = false;

  constructor(context: ServerContext) {
    this.context = context;
    const byName: Readonly<Record<string, Handler>> = {
      ...stringCommands(context),
      ...bitmapCommands,
      ...genericCommands(context),
      ...transactionCommands(context, (...request) => this.executeWithin(...request)),
      ...pubsubCommands(context),
      ...connectionCommands(context),
      ...serverCommands(context),
    };
    this.runner = new CommandRunner(context, byName);
  }

  /**
   * Executes one row. Its reply is in `out` afterwards, unless the command was
   * parked: then what it left is returned, and the reply comes later.
   */
  execute(
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): Parked | undefined {
    const id = request.command[row] as number;
    request.at = request.first[row] as number;
    request.size = request.count[row] as number;
    if (this.isOrdinary(session) && id > 0 && isPlain(id, request)) {
      const needs = NEEDS[id] as number;
      const mayWrite = (needs & DISK) === 0 || this.diskRefusal === undefined;
      if (mayWrite && ((needs & ROOM) === 0 || this.hasRoom(request, row)))
        return this.runner.execute(id, request, row, session, out);
    }
    const command = this.admit(id, request, row, session, out);
    return command && this.runner.execute(command.id, request, row, session, out);
  }

  /**
   * Executes what it can of rows `[row, to)` in one loop, see {@link runPlain}; answers where it
   * stopped, which is `row` where every request has to be looked at by itself.
   */
  runAhead(
    request: RequestBatch,
    row: number,
    to: number,
    session: Session,
    out: Dialect['out'],
  ): number {
    const id = request.command[row] as number;
    if (!mayBeginRun(id) || !this.runner.isQuick(id, 1) || !this.isOrdinary(session)) return row;
    if (session.repliesOff || session.skipsReply) return row;
    const { keyspaces, statistics } = this.context;
    const mayWrite = keyspaces.maxBytes === 0 && this.diskRefusal === undefined;
    const next = runPlain(request, row, to, session.keyspace, out, mayWrite, statistics);
    if (next > row) session.lastCommand = request.command[next - 1] as number;
    return next;
  }

  /** Whether nothing but its arguments decides about a request. */
  private isOrdinary(session: Session): boolean {
    return (
      session.trusted &&
      session.transaction === undefined &&
      session.subscriptions === undefined &&
      this.hasLoaded()
    );
  }

  /** A command of a transaction: each is timed by itself, as it would be outside of it. */
  private executeWithin(
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): void {
    const { timer } = this.context;
    const { closely } = timer;
    timer.closely = true;
    try {
      this.execute(request, row, session, out);
    } finally {
      timer.closely = closely;
    }
  }

  /** All checks; undefined, and the error has been written, where one does not hold. */
  private admit(
    id: number,
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): CompiledCommand | undefined {
    if (!session.greeted && id !== HELLO) {
      session.closing = true;
      out.error(HELLO_FIRST);
      return undefined;
    }
    const { transaction } = session;
    if (transaction !== undefined && !NEVER_QUEUED.has(id)) {
      this.enqueue(transaction, id, request, row, session, out);
      return undefined;
    }
    const command = this.find(id, request, row, session, out);
    if (command === undefined) return undefined;
    const refusal = this.refusal(command, request, row, session);
    if (refusal === undefined) return command;
    this.countRejected(command);
    // Whatever is refused before it runs spoils what is being queued.
    if (transaction !== undefined) transaction.failed = true;
    out.error(command.id === EXEC ? this.abort(session, refusal) : refusal);
    return undefined;
  }

  /** Loading ends once and does not begin again. */
  private hasLoaded(): boolean {
    this.loaded ||= !this.context.loading();
    return this.loaded;
  }

  /** An EXEC that may not run is the end of its transaction. */
  private abort(session: Session, { code, message }: ErrorReply): ErrorReply {
    session.transaction = undefined;
    this.context.watchedKeys.forget(session);
    const why = code === 'ERR' ? message : `${code} ${message}`;
    return errorReply(`Transaction discarded because of: ${why}`, 'EXECABORT');
  }

  /** Keeps a command for EXEC, or says why it can't be: then EXEC will refuse all of them. */
  private enqueue(
    transaction: Transaction,
    id: number,
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): void {
    const command = this.find(id, request, row, session, out);
    const refusal = command && this.refusalToQueue(command, request, row);
    if (refusal !== undefined) {
      this.countRejected(command as CompiledCommand);
      out.error(refusal);
    } else if (command !== undefined && transaction.queue(request, row)) {
      transaction.writes ||= command.writes;
      out.status('QUEUED');
      return;
    } else if (command !== undefined) out.error(QUEUE_FULL);
    transaction.failed = true;
  }

  private countRejected({ id }: CompiledCommand): void {
    const { rejected } = this.context.statistics;
    rejected[id] = (rejected[id] as number) + 1;
  }

  private refusalToQueue(
    command: CompiledCommand,
    request: RequestBatch,
    row: number,
  ): ErrorReply | undefined {
    const flags: readonly string[] = command.row.flags;
    if (flags.includes('no_multi')) return NOT_WITHIN;
    if (!command.allowedWhileLoading && !this.hasLoaded()) return Errors.loading;
    return checkArity(command, request) ?? this.memoryRefusal(command, request, row);
  }

  /**
   * The command of a row; undefined if there is none, and the error has been written then.
   * Steps over the name of a subcommand.
   */
  private find(
    id: number,
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): CompiledCommand | undefined {
    if (id > 0) {
      const command = COMPILED[id] as CompiledCommand;
      if (!command.hasSubcommands || request.size === 0) return command;
    }
    const found = unusualCommand(id, request, row);
    if ('row' in found) return found;
    out.error(found);
    if (id === 0 && isOfHttp(request)) this.refuseHttp(session);
    return undefined;
  }

  /** A browser, or somebody who makes one speak to us: nothing that follows is executed. */
  private refuseHttp(session: Session): void {
    session.closing = true;
    const { id, address } = session;
    this.context.log.warn({ client: id, address, protocol: 'HTTP' }, 'refused a foreign protocol');
  }

  /** Why a command may not run here and now; `undefined` when it may. */
  private refusal(
    command: CompiledCommand,
    request: RequestBatch,
    row: number,
    session: Session,
  ): ErrorReply | undefined {
    if (!session.authenticated && !command.allowedToStrangers) return Errors.noAuth;
    if (session.subscriptions !== undefined && session.protocol === 2) {
      const wrong = checkArity(command, request);
      if (wrong !== undefined) return wrong;
      if (!isForSubscribers(command)) return notForSubscribers(command);
    }
    if (!command.allowedWhileLoading && !this.hasLoaded()) return Errors.loading;
    const wrong = checkArguments(command, request);
    const refused = command.writes ? this.diskRefusal : undefined;
    return wrong ?? refused ?? this.memoryRefusal(command, request, row);
  }

  /** What can't be kept is not written. */
  private get diskRefusal(): ErrorReply | undefined {
    const { appendLog, snapshots } = this.context;
    if (appendLog.failure !== undefined) return logFailed(appendLog.failure);
    return snapshots.failure === undefined ? undefined : saveFailed(snapshots.failure);
  }

  private memoryRefusal(
    command: CompiledCommand,
    request: RequestBatch,
    row: number,
  ): ErrorReply | undefined {
    const isDenied = command.deniedWithoutMemory && !this.hasRoom(request, row);
    return isDenied ? Errors.outOfMemory : undefined;
  }

  /** Whether there is memory for a request, where there is a limit. */
  private hasRoom(request: RequestBatch, row: number): boolean {
    const { keyspaces, statistics } = this.context;
    if (keyspaces.maxBytes === 0) return true;
    return keyspaces.makeRoom(lengthOf(request, row), statistics.clientBytes);
  }
}

/** The bytes of a request, its arguments above all. */
function lengthOf(request: RequestBatch, row: number): number {
  return (request.end[row] as number) - (request.offset[request.at] as number);
}
