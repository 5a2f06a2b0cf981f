import { createReadStream, existsSync, statSync } from 'node:fs';
import { readEntryLines, writeSnapshot } from '@kv/persistence';
import { ConfigError } from '../config/config-error.ts';
import { lockDirectory } from '../directory-lock.ts';
import { ExitCode } from '../exit-codes.ts';
import { importRedis } from './import-redis.ts';
import { readImportState } from './import-state.ts';
import { InputError } from './input-error.ts';
import { daemonNotation } from './notation.ts';
import { type DataFiles, logPath, StoredData, snapshotPath } from './stored-data.ts';
import { dataFiles, readToolArguments, type Tool, type ToolContext, toolProgress } from './tool.ts';

/** Fills a data directory: from lines that `export` has written, or from a running Redis. */
export const importEntries: Tool = {
  name: 'import',
  usage:
    '(FILE | - | redis://user:password@host:port/database) [DIR] [--merge] [--dbfilename NAME]',
  summary: 'NDJSON, or what a running Redis holds, into a directory; resumes',
  async run(args, context) {
    const { values, positionals } = readToolArguments(
      importEntries,
      args,
      { merge: { type: 'boolean', default: false } },
      [1, 2],
    );
    const [source = '-', directory] = positionals;
    const files = dataFiles(directory, values.dbfilename);
    const lock = await lockDirectory(files.directory);
    try {
      const data = new StoredData();
      await prepare(data, files, values.merge, context);
      if (/^rediss?:/.test(source)) return await importRedis(source, data, files, context);
      await importLines(source, data, context);
      const { entries } = await writeSnapshot(snapshotPath(files), data.engine);
      context.stdout.write(`${snapshotPath(files)}: written, ${entries} entries\n`);
      return ExitCode.OK;
    } finally {
      lock.release();
    }
  },
};

/** What is there already is kept where that was asked for, or where an import was interrupted. */
async function prepare(
  data: StoredData,
  files: DataFiles,
  merge: boolean,
  { clock }: ToolContext,
): Promise<void> {
  const { directory } = files;
  if (existsSync(logPath(files)))
    throw new ConfigError(
      'USAGE',
      `${directory} has an append-only log, which an import would not be in; start kvd there with --appendonly no once, or choose another directory`,
    );
  if (!existsSync(snapshotPath(files))) return;
  if (!merge && readImportState(directory) === undefined)
    throw new ConfigError(
      'USAGE',
      `${directory} holds data; --merge adds to it, and replaces keys that are in both`,
    );
  await data.readSnapshot(files, { now: clock.now() });
}

async function importLines(source: string, data: StoredData, context: ToolContext): Promise<void> {
  const progress = toolProgress('importing', context);
  try {
    const size = source === '-' ? 0 : statSync(source).size;
    const pieces = source === '-' ? context.stdin : createReadStream(source);
    await readEntryLines(pieces, data.sink(context.clock.now()), {
      notation: daemonNotation,
      onProgress: ({ entries, bytes }) =>
        progress.show({ entries, fraction: size === 0 ? 0 : bytes / size }),
    });
  } catch (error) {
    throw isSystemError(error) ? new InputError(source, error) : error;
  } finally {
    progress.end();
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
