import { inspect } from 'node:util';
import { type ConnectOptions, connect, KvError } from '@kv/client';
import { COMMANDS, type CommandRow, commandNamed, isContainer } from '@kv/protocol';
import { nearest } from '../config/config-error.ts';
import { ExitCode } from '../exit-codes.ts';
import type { ClientFlags } from './arguments.ts';

/** What one-shot commands write to. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/** Sends one command and shows its reply; answers the exit code. */
export async function sendCommand(
  words: readonly string[],
  target: {
    readonly client: ClientFlags;
    readonly port: string | undefined;
    readonly url: string | undefined;
  },
  { stdout, stderr }: Streams,
): Promise<ExitCode> {
  const command = findCommand(words);
  if (command === undefined) {
    stderr.write(`kvd: ${unknownCommand(words[0] as string)}\n`);
    return ExitCode.USAGE;
  }
  try {
    const { json } = target.client;
    const args = json ? withJson(command.row, command.args) : command.args;
    await using client = await connect(clientOptions(target));
    const reply = await client.execute(command.row.name, ...args);
    stdout.write(shown(reply, json, stdout.isTTY === true));
    // A server that stops as asked answers nothing.
    if (reply !== undefined || command.row.name === 'SHUTDOWN') return ExitCode.OK;
    stderr.write('(absent)\n');
    return ExitCode.FAILURE;
  } catch (error) {
    return explain(error as Error, stderr);
  }
}

function findCommand(
  words: readonly string[],
): { readonly row: CommandRow; readonly args: readonly string[] } | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase());
  const nested = isContainer(first) ? commandNamed(`${first} ${second}`) : undefined;
  if (nested !== undefined) return { row: nested, args: words.slice(2) };
  const row = commandNamed(first);
  return row === undefined ? undefined : { row, args: words.slice(1) };
}

function unknownCommand(word: string): string {
  const names = COMMANDS.map(({ name }) => name.toLowerCase());
  const near = nearest(word.toLowerCase(), names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return `${word} is not a command${hint} (kvd --help says more)`;
}

/** The arguments that are values, read as JSON. */
function withJson(row: CommandRow, args: readonly string[]): unknown[] {
  const { length } = row.args;
  return args.map((arg, i) => {
    const kind = row.args[row.repeat ? i % length : i]?.kind;
    if (kind !== 'value') return arg;
    try {
      return JSON.parse(arg) as unknown;
    } catch (error) {
      throw new KvError('INVALID_ARGUMENT', `${arg} is not JSON: ${(error as Error).message}`);
    }
  });
}

function clientOptions({
  client,
  port,
  url,
}: {
  readonly client: ClientFlags;
  readonly port: string | undefined;
  readonly url: string | undefined;
}): ConnectOptions {
  return {
    ...(url === undefined ? {} : { url }),
    ...(client.password === undefined ? {} : { password: client.password }),
    ...(client.database === undefined ? {} : { database: Number(client.database) }),
    ...(port === undefined ? {} : { port: Number(port) }),
    reconnect: false,
    name: 'kvd-cli',
  };
}

/** A reply for a terminal or a script: strings bare, lists a line each. */
function shown(reply: unknown, json: boolean, colors: boolean): string | Uint8Array {
  if (reply === undefined) return '';
  if (json) return `${JSON.stringify(reply, jsonValue, 2)}\n`;
  if (reply instanceof Uint8Array) return reply;
  if (Array.isArray(reply)) return reply.map((item) => `${line(item, colors)}\n`).join('');
  const text = line(reply, colors);
  return text.endsWith('\n') ? text : `${text}\n`;
}

function line(value: unknown, colors: boolean): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '(absent)';
  return inspect(value, { depth: null, colors, maxArrayLength: null, maxStringLength: null });
}

/** JSON has no bigint, bytes, maps or sets: they are shown as what comes nearest. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  return value;
}

function explain(error: Error, stderr: NodeJS.WritableStream): ExitCode {
  const code = error instanceof KvError ? error.code : undefined;
  const hint = code === 'CONNECT' ? '. Is a server running? `kvd` starts one' : '';
  stderr.write(`kvd: ${error.message}${hint}\n`);
  if (code === 'CONNECT' || code === 'TIMEOUT') return ExitCode.UNAVAILABLE;
  if (code === 'AUTH') return ExitCode.PERMISSION;
  if (code === 'INVALID_ARGUMENT') return ExitCode.USAGE;
  return ExitCode.FAILURE;
}
