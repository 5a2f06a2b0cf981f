// The one gate: every check that cuts across commands is here, in this order:
// handshake, look-up, subcommand, sign-in, loading, arity and arguments, memory, then the
// handler. No handler holds any of them.
import {
  COMPILED,
  type CompiledCommand,
  checkArguments,
  compiledNamed,
  containerOf,
  type ErrorReply,
  Errors,
  errorReply,
  INVALID,
  isContainer,
  type ReplyWriter,
  type RequestBatch,
  subcommandsOf,
} from '@kv/protocol';
import { connectionCommands } from './commands/connection.ts';
import { genericCommands } from './commands/generic.ts';
import { serverCommands } from './commands/server.ts';
import { stringCommands } from './commands/string.ts';
import type { Handler, ServerContext } from './handler.ts';
import type { Parked } from './parked.ts';
import { quoted } from './quoted.ts';
import type { Session } from './session.ts';

/** The arguments of an unknown command are repeated up to about this length. */
const ARGUMENTS_SHOWN_MAX = 128;

const HELLO = compiledNamed('HELLO')?.id;
const HELLO_FIRST = errorReply('a native connection begins with HELLO', 'NOPROTO');

/** Executes the rows of batches: finds the command, checks, and runs its handler. */
export class Dispatcher {
  private readonly context: ServerContext;
  /** By command number. */
  private readonly handlers: readonly (Handler | undefined)[];

  constructor(context: ServerContext) {
    this.context = context;
    const byName: Readonly<Record<string, Handler>> = {
      ...stringCommands(context),
      ...genericCommands(context),
      ...connectionCommands(context),
      ...serverCommands(context),
    };
    const handlers = new Map(Object.entries(byName));
    this.handlers = COMPILED.map((compiled) => compiled && handlers.get(compiled.row.name));
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
    const { statistics } = this.context;
    statistics.commands++;
    request.at = request.first[row] as number;
    request.size = request.count[row] as number;
    if (!session.greeted && request.command[row] !== HELLO) {
      session.closing = true;
      out.error(HELLO_FIRST);
      return undefined;
    }
    const command = this.find(request, row);
    const refusal = 'row' in command ? this.refusal(command, request, row, session) : command;
    if (refusal !== undefined) {
      out.error(refusal);
      return undefined;
    }
    const { id, row: described } = command as CompiledCommand;
    statistics.calls[id] = (statistics.calls[id] as number) + 1;
    session.lastCommand = described.name;
    const handler = this.handlers[id] as Handler;
    return handler(request, session, out) ?? undefined;
  }

  /** The command of a row, or why there is none. Steps over the name of a subcommand. */
  private find(request: RequestBatch, row: number): CompiledCommand | ErrorReply {
    const id = request.command[row] as number;
    if (id === INVALID) return errorReply(request.problems[row] ?? 'invalid request');
    const command = COMPILED[id];
    const container = containerOf(id) ?? (command && containerNameOf(command, request.size));
    if (container !== undefined) return subcommand(container, request);
    return command ?? unknownCommand(request);
  }

  /** Why a command may not run here and now; `undefined` when it may. */
  private refusal(
    command: CompiledCommand,
    request: RequestBatch,
    row: number,
    session: Session,
  ): ErrorReply | undefined {
    if (!session.authenticated && !command.row.flags.includes('no_auth')) return Errors.noAuth;
    if (this.context.loading() && !command.row.flags.includes('loading')) return Errors.loading;
    const wrong = checkArguments(command, request);
    if (wrong !== undefined) return wrong;
    const { keyspaces, statistics } = this.context;
    return command.row.flags.includes('denyoom') &&
      !keyspaces.makeRoom(lengthOf(request, row), statistics.clientBytes)
      ? Errors.outOfMemory
      : undefined;
  }
}

/** The bytes of a request, its arguments above all. */
function lengthOf(request: RequestBatch, row: number): number {
  return (request.end[row] as number) - (request.offset[request.at] as number);
}

/** COMMAND is a command of its own without arguments, and a container with them. */
function containerNameOf({ row }: CompiledCommand, size: number): string | undefined {
  return size > 0 && isContainer(row.name) ? row.name : undefined;
}

function subcommand(container: string, request: RequestBatch): CompiledCommand | ErrorReply {
  if (request.size === 0)
    return errorReply(`wrong number of arguments for '${container.toLowerCase()}' command`);
  const name = quoted(request, request.at);
  const found = compiledNamed(`${container} ${name.toUpperCase()}`);
  if (found === undefined) {
    const known = subcommandsOf(container).map(({ row }) => row.name.slice(container.length + 1));
    return errorReply(`unknown subcommand '${name}'. ${container} has ${known.join(', ')}.`);
  }
  request.at++;
  request.size--;
  return found;
}

/** Redis's words: the name, and the beginning of the arguments. */
function unknownCommand(request: RequestBatch): ErrorReply {
  const name = quoted(request, request.at - 1);
  let args = '';
  for (let i = 0; i < request.size && args.length < ARGUMENTS_SHOWN_MAX; i++)
    args += `'${quoted(request, request.at + i)}' `;
  return errorReply(`unknown command '${name}', with args beginning with: ${args}`);
}
