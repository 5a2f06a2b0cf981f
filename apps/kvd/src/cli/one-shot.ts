import type { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { connect, KvError } from '@kv/client';
import { COMMANDS, type CommandRow, commandNamed, commandSyntax, isContainer } from '@kv/protocol';
import { ConfigError } from '../config/config-error.ts';
import { ExitCode } from '../exit-codes.ts';
import { showReply } from './show-reply.ts';
import { connectOptions, type Target } from './target.ts';
import { unknownCommand } from './unknown-command.ts';

/** What one-shot commands read and write. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; hasColors?(): boolean };
  readonly stderr: Writable;
}

/** Sends one command and shows its reply; answers the exit code. */
export async function sendCommand(
  words: readonly string[],
  target: Target,
  { stdin, stdout, stderr }: Streams,
): Promise<ExitCode> {
  const { row, args: given } = findCommand(words);
  assertAnswersOnce(row);
  const { json, stdin: fromStdin } = target.client;
  const options = connectOptions(target, row.name);
  try {
    const args: unknown[] = fromStdin ? [...given, textOrBytes(await buffer(stdin))] : [...given];
    const values = json ? withJson(row, args) : args;
    await using client = await connect(options);
    const reply = await client.execute(row.name, ...values);
    const isTerminal = stdout.isTTY === true;
    const colors = isTerminal && stdout.hasColors?.() === true;
    stdout.write(showReply(reply, row, { json, isTerminal, colors }));
    // A server that stops as asked answers nothing.
    if (reply !== undefined || row.name === 'SHUTDOWN') return ExitCode.OK;
    stderr.write('(absent)\n');
    return ExitCode.FAILURE;
  } catch (error) {
    return explain(error as Error, row, options.tls !== undefined, stderr);
  }
}

/** Codes of OpenSSL for a certificate that nobody has signed whom we know. */
const NOT_KNOWN = /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)/;

function findCommand(words: readonly string[]): {
  readonly row: CommandRow;
  readonly args: readonly string[];
} {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase());
  const nested = isContainer(first) ? commandNamed(`${first} ${second}`) : undefined;
  if (nested !== undefined) return { row: nested, args: words.slice(2) };
  const row = commandNamed(first);
  if (row !== undefined) return { row, args: words.slice(1) };
  if (!isContainer(first)) throw unknownCommand(words[0] ?? '');
  throw new ConfigError('USAGE', subcommands(first));
}

/** Some commands are about what follows on the same connection, and nothing follows on this one. */
function assertAnswersOnce({ name, group }: CommandRow): void {
  if (group !== 'transactions' && !name.endsWith('SUBSCRIBE') && name !== 'MONITOR') return;
  throw new ConfigError(
    'USAGE',
    `${name.toLowerCase()} needs a connection that stays, and kvd leaves after one command; redis-cli -p PORT stays, and so do applications`,
  );
}

function subcommands(container: string): string {
  const known = COMMANDS.filter(({ name }) => name.startsWith(`${container} `));
  const list = known.map(({ name }) => name.slice(container.length + 1).toLowerCase()).join(', ');
  return `${container.toLowerCase()} needs one of its subcommands: ${list}`;
}

/** Standard input exactly as it is: as a string if it is UTF-8, as bytes otherwise. */
function textOrBytes(bytes: Buffer): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Uint8Array.from(bytes);
  }
}

/** The arguments that are values, read as JSON. */
function withJson(row: CommandRow, args: readonly unknown[]): unknown[] {
  const { length } = row.args;
  return args.map((arg, i) => {
    const kind = row.args[row.repeat ? i % length : i]?.kind;
    if (kind !== 'value') return arg;
    try {
      return JSON.parse(String(arg)) as unknown;
    } catch (error) {
      throw new KvError('INVALID_ARGUMENT', `${arg} is not JSON: ${(error as Error).message}`);
    }
  });
}

function explain(error: Error, row: CommandRow, secure: boolean, stderr: Writable): ExitCode {
  const code = error instanceof KvError ? error.code : undefined;
  const hint = code === 'CONNECT' ? connectHint(error.cause, secure) : syntaxHint(error, row);
  stderr.write(`kvd: ${error.message}${hint}\n`);
  if (code === 'CONNECT' || code === 'TIMEOUT' || code === 'PROTOCOL') return ExitCode.UNAVAILABLE;
  if (code === 'AUTH') return ExitCode.PERMISSION;
  if (code === 'INVALID_ARGUMENT') return ExitCode.USAGE;
  return ExitCode.FAILURE;
}

/** What may help where no connection came about. */
function connectHint(cause: unknown, secure: boolean): string {
  const { code = '' } = (cause ?? {}) as { readonly code?: string };
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return '. Is a server running? `kvd` starts one';
  if (code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
    return '. --cert and --key name the files of one';
  if (NOT_KNOWN.test(code)) return '. --cacert names the file of who has signed for the server';
  return cause === undefined && !secure ? '. Does the server want --tls?' : '';
}

/** How a command is written whose arguments the server did not understand. */
function syntaxHint({ message }: Error, row: CommandRow): string {
  const isMiswritten = /^ERR (wrong number of arguments|syntax error)/.test(message);
  return isMiswritten ? `. It is written: ${commandSyntax(row)}` : '';
}
