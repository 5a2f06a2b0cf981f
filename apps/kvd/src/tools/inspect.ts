import { type EntriesSummary, SummarySink, writeBytes } from '@kv/persistence';
import { ConfigError } from '../config/config-error.ts';
import { ExitCode } from '../exit-codes.ts';
import { encodingName, typeName } from './notation.ts';
import { StoredData } from './stored-data.ts';
import { dataFiles, readToolArguments, type Tool, toolProgress } from './tool.ts';

/** Sums up what a data directory holds. */
export const inspect: Tool = {
  name: 'inspect',
  usage: '[DIR] [--largest N] [--json] [--dbfilename NAME]',
  summary: 'counts by type, sizes, largest keys, a histogram of TTLs',
  async run(args, context) {
    const { values, positionals } = readToolArguments(
      inspect,
      args,
      { largest: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
      [0, 1],
    );
    if (!/^\d{1,6}$/.test(values.largest))
      throw new ConfigError('USAGE', '--largest is a number of keys');
    const now = context.clock.now();
    const loading = toolProgress('loading', context);
    const data = await StoredData.read(dataFiles(positionals[0], values.dbfilename), {
      now,
      onProgress: loading.show,
    }).finally(loading.end);
    const summary = new SummarySink({ now, largest: Number(values.largest) });
    for (const entry of data?.entries() ?? []) summary.restore(entry);
    const result = summary.result();
    context.stdout.write(
      values.json ? `${JSON.stringify(asJson(result), undefined, 2)}\n` : asText(result),
    );
    return ExitCode.OK;
  },
};

function asJson(summary: EntriesSummary) {
  return {
    ...summary,
    kinds: summary.kinds.map((kind) => ({
      ...kind,
      type: typeName(kind.type),
      encoding: encodingName(kind.encoding),
    })),
    largest: summary.largest.map(({ key, ...rest }) => ({ ...rest, ...writeBytes('key', key) })),
    sizes: [...summary.sizes].map(([upToBytes, entries]) => ({ upToBytes, entries })),
    // JSON has no infinity.
    ttls: summary.ttls.map(({ upToMs, entries }) => ({
      upToMs: Number.isFinite(upToMs) ? upToMs : null,
      entries,
    })),
  };
}

function asText(summary: EntriesSummary): string {
  const { entries, keyBytes, valueBytes, kinds, largest, sizes, ttls } = summary;
  const sections: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    [
      'Kinds',
      kinds.map((kind) => [
        `database ${kind.database}`,
        `${typeName(kind.type)}, ${encodingName(kind.encoding)}`,
        `${kind.entries}`,
        `${kind.keyBytes} bytes of keys, ${kind.valueBytes} of values`,
      ]),
    ],
    ['Sizes, key and value', [...sizes].map(([size, count]) => [`up to ${size}`, `${count}`])],
    [
      'Largest',
      largest.map(({ database, key, bytes }) => [
        `${bytes}`,
        `database ${database}`,
        // Quoted, so that no key commands the terminal.
        JSON.stringify(Object.values(writeBytes('key', key))[0]),
      ]),
    ],
    [
      'TTLs',
      [
        ['none', `${summary.withoutDeadline}`],
        ...ttls.map(({ upToMs, entries }) => [ttlName(upToMs), `${entries}`]),
      ],
    ],
  ];
  const total = `${entries} entries, ${keyBytes} bytes of keys, ${valueBytes} of values\n`;
  return total + sections.map(([title, rows]) => `\n${title}\n${columns(rows)}`).join('');
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join('  ')}`.trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

const DAY = 86_400_000;

function ttlName(upToMs: number): string {
  if (!Number.isFinite(upToMs)) return 'longer';
  if (upToMs >= DAY) return `up to ${upToMs / DAY} d`;
  return upToMs >= DAY / 24 ? `up to ${(upToMs * 24) / DAY} h` : `up to ${upToMs / 60_000} min`;
}
