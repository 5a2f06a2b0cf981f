import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Streams } from '../cli/one-shot.ts';
import { ConfigError } from '../config/config-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type ProgressLine, type ProgressTarget, progressLine } from '../progress.ts';
import type { DataFiles } from './stored-data.ts';

/** What a tool works with besides its arguments. */
export interface ToolContext extends Streams {
  readonly clock: { now(): number };
}

/** A command that works on data directories, without a server. */
export interface Tool {
  readonly name: string;
  /** What follows the name, for `--help`. */
  readonly usage: string;
  readonly summary: string;
  run(args: readonly string[], context: ToolContext): Promise<ExitCode>;
}

/** The data directory of who names none, as the daemon's. */
const DEFAULT_DIRECTORY = './data';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads a tool's arguments: flags anywhere, and from `least` to `most` words.
 *
 * @throws ConfigError `USAGE`
 */
export function readToolArguments<const O extends Options>(
  tool: Pick<Tool, 'name' | 'usage'>,
  args: readonly string[],
  options: O,
  [least, most]: readonly [number, number],
) {
  try {
    const read = parseArgs({
      args: [...args],
      options: { ...options, dbfilename: { type: 'string', default: 'snapshot.kv' } },
      allowPositionals: true,
    });
    const count = read.positionals.length;
    if (count < least || count > most) throw new Error('too few or too many words');
    return read;
  } catch (error) {
    // Of the parser's sentences the first says what is wrong, the others how to avoid it in general.
    const [what] = (error as Error).message.split('. ');
    const message = `${what}. Usage: kvd ${tool.name} ${tool.usage}`;
    throw new ConfigError('USAGE', message);
  }
}

/** The files of a directory that a word names. */
export function dataFiles(directory: string | undefined, dbfilename: string): DataFiles {
  if (/[/\\]/.test(dbfilename) || dbfilename === '')
    throw new ConfigError('USAGE', '--dbfilename is a name, without a directory');
  return { directory: directory ?? DEFAULT_DIRECTORY, dbfilename };
}

/** How far it is, on standard error where that is a terminal. */
export function toolProgress(what: string, { stderr }: ToolContext): ProgressLine {
  return progressLine(what, stderr as unknown as ProgressTarget);
}

/** Gathered before it is written: a call for each line would be slow. */
const PIECE_BYTES = 64 * 1024;

/** Writes lines, no faster than they are taken. */
export async function writeLines(
  lines: Iterable<string>,
  { stdout }: Pick<ToolContext, 'stdout'>,
  onPiece: (lines: number) => void = () => {},
): Promise<number> {
  let [count, piece] = [0, ''];
  for (const line of lines) {
    count += 1;
    piece += `${line}\n`;
    if (piece.length < PIECE_BYTES) continue;
    await write(stdout, piece);
    piece = '';
    onPiece(count);
  }
  await write(stdout, piece);
  return count;
}

/** Resolves when there is room for more. */
function write(stdout: Streams['stdout'], text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
