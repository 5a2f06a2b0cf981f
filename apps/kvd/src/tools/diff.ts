import { diffEntries, writeBytes } from '@kv/persistence';
import { ExitCode } from '../exit-codes.ts';
import { StoredData } from './stored-data.ts';
import { dataFiles, readToolArguments, type Tool, type ToolContext, writeLines } from './tool.ts';

/** Tells in what two data directories differ. */
export const diff: Tool = {
  name: 'diff',
  usage: 'DIR DIR [--dbfilename NAME]',
  summary: 'keys that two directories do not agree about, as NDJSON; exit code 1 if any',
  async run(args, context) {
    const { values, positionals } = readToolArguments(diff, args, {}, [2, 2]);
    const [before, after] = [
      await read(positionals[0], values.dbfilename, context),
      await read(positionals[1], values.dbfilename, context),
    ];
    const count = await writeLines(linesOf(before, after), context);
    return count === 0 ? ExitCode.OK : ExitCode.FAILURE;
  },
};

async function read(
  directory: string | undefined,
  dbfilename: string,
  { clock }: ToolContext,
): Promise<StoredData> {
  const files = dataFiles(directory, dbfilename);
  return (await StoredData.read(files, { now: clock.now() })) ?? new StoredData();
}

function* linesOf(before: StoredData, after: StoredData): Iterable<string> {
  for (const { kind, database, key, fields } of diffEntries(before, after))
    yield JSON.stringify({
      kind,
      database,
      ...writeBytes('key', key),
      ...(kind === 'changed' ? { fields } : {}),
    });
}
