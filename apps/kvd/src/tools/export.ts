import { entryLine } from '@kv/persistence';
import { ExitCode } from '../exit-codes.ts';
import { daemonNotation } from './notation.ts';
import { StoredData } from './stored-data.ts';
import { dataFiles, readToolArguments, type Tool, toolProgress, writeLines } from './tool.ts';

/** Writes all entries as lines of JSON. */
export const exportLines: Tool = {
  name: 'export',
  usage: '[DIR] [--dbfilename NAME]',
  summary: 'all entries as NDJSON, to standard output',
  async run(args, context) {
    const { values, positionals } = readToolArguments(exportLines, args, {}, [0, 1]);
    const files = dataFiles(positionals[0], values.dbfilename);
    const loading = toolProgress('loading', context);
    const data = await StoredData.read(files, {
      now: context.clock.now(),
      onProgress: loading.show,
    }).finally(loading.end);
    if (data === undefined) return ExitCode.OK;
    const { size } = data;
    const exporting = toolProgress('exporting', context);
    try {
      await writeLines(linesOf(data), context, (entries) =>
        exporting.show({ entries, fraction: entries / size }),
      );
    } finally {
      exporting.end();
    }
    return ExitCode.OK;
  },
};

function* linesOf(data: StoredData): Iterable<string> {
  for (const entry of data.entries()) yield entryLine(entry, daemonNotation);
}
