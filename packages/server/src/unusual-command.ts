// Commands that are not simply found by their name: subcommands, and what is no command at all.
import {
  COMPILED,
  type CompiledCommand,
  compiledNamed,
  containerOf,
  type ErrorReply,
  errorReply,
  INVALID,
  type RequestBatch,
} from '@kv/protocol';
import { quoted } from './quoted.ts';

/** The arguments of an unknown command are repeated up to about this length. */
const ARGUMENTS_SHOWN_MAX = 128;

/** The command of a row that is not simply named, or why there is none. */
export function unusualCommand(
  id: number,
  request: RequestBatch,
  row: number,
): CompiledCommand | ErrorReply {
  if (id === INVALID) return errorReply(request.problems[row] ?? 'invalid request');
  const container = containerOf(id) ?? COMPILED[id]?.row.name;
  return container === undefined ? unknownCommand(request) : subcommand(container, request);
}

/** Words that begin lines of HTTP, and that nobody means as commands. */
const HTTP_WORDS = new Set(['post', 'host:']);

/** Whether an unknown command is a line of HTTP. */
export function isOfHttp(request: RequestBatch): boolean {
  const name = request.at - 1;
  return (request.length[name] as number) <= 5 && HTTP_WORDS.has(request.text(name).toLowerCase());
}

function subcommand(container: string, request: RequestBatch): CompiledCommand | ErrorReply {
  if (request.size === 0)
    return errorReply(`wrong number of arguments for '${container.toLowerCase()}' command`);
  const name = quoted(request, request.at);
  const found = compiledNamed(`${container} ${name.toUpperCase()}`);
  if (found === undefined)
    return errorReply(`unknown subcommand '${name}'. Try ${container} HELP.`);
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
