import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type LogDamagedError,
  LogError,
  readSnapshot,
  type SnapshotDamagedError,
  SnapshotError,
  verifyLog,
  verifySnapshot,
  writeSnapshot,
} from '@kv/persistence';
import { ConfigError } from '../config/config-error.ts';
import { lockDirectory } from '../directory-lock.ts';
import { ExitCode } from '../exit-codes.ts';
import {
  assertReadable,
  type DataFiles,
  logPath,
  StoredData,
  snapshotPath,
} from './stored-data.ts';
import { dataFiles, readToolArguments, type Tool, type ToolContext, toolProgress } from './tool.ts';

type DamageError = SnapshotDamagedError | LogDamagedError;

/** Verifies every byte of a data directory; with `--repair`, saves what is sound to another one. */
export const check: Tool = {
  name: 'check',
  usage: '[DIR] [--repair COPY] [--dbfilename NAME]',
  summary: 'verifies every byte; exit code 65 when damaged; writes what is sound to COPY',
  async run(args, context) {
    const { values, positionals } = readToolArguments(
      check,
      args,
      { repair: { type: 'string' } },
      [0, 1],
    );
    const files = dataFiles(positionals[0], values.dbfilename);
    assertReadable(files.directory);
    const { repair } = values;
    const logDamages = await checkLog(files, context);
    const snapshot = await checkSnapshot(files, context);
    const isSound = logDamages.length + snapshot.damages.length === 0;
    if (isSound && repair === undefined) return ExitCode.OK;
    if (repair !== undefined) {
      const code = await repairTo(repair, files, context);
      if (logDamages.length > 0 && snapshot.isSound)
        context.stdout.write(
          `${snapshotPath(files)} is sound: where it has more than what was left of the log, use a copy of it instead\n`,
        );
      return code;
    }
    context.stderr.write(
      `nothing was changed; restore a backup, or let \`kvd check ${files.directory} --repair COPY\` write what is sound to another directory\n`,
    );
    return ExitCode.DATA;
  },
};

async function checkLog(files: DataFiles, context: ToolContext): Promise<DamageError[]> {
  const path = logPath(files);
  const found: DamageError[] = [];
  const progress = toolProgress('checking', context);
  const report = await verifyLog(path, {
    onDamage: (damage) => found.push(damage),
    onProgress: ({ entries, bytes, bytesTotal }) =>
      progress.show({ entries, fraction: bytes / bytesTotal }),
  })
    .catch(fatal(found))
    .finally(progress.end);
  tellDamages(found, context);
  if (found.length > 0 || report === undefined) return found;
  const { entries, effects, segments, tail } = report;
  const torn =
    tail.tornBytes === 0
      ? ''
      : `; a crash has left ${tail.tornBytes} bytes at byte ${tail.offset} of ${tail.path}, which the next start cuts off`;
  context.stdout.write(
    `${path}: sound, a base of ${entries} entries and ${effects} effects in ${segments} segments${torn}\n`,
  );
  return found;
}

/** What is wrong with the snapshot, if there is one. */
interface SnapshotCheck {
  readonly damages: readonly DamageError[];
  /** There is one, and nothing is wrong with it. */
  readonly isSound: boolean;
}

async function checkSnapshot(files: DataFiles, context: ToolContext): Promise<SnapshotCheck> {
  const path = snapshotPath(files);
  const found: DamageError[] = [];
  const progress = toolProgress('checking', context);
  const report = await verifySnapshot(path, {
    onProgress: ({ entries, bytes, bytesTotal }) =>
      progress.show({ entries, fraction: bytes / bytesTotal }),
  })
    .catch(async () => {
      // Read once more for all that is wrong, not only the first of it.
      await readSnapshot(
        path,
        { restore() {} },
        { onDamage: (damage) => found.push(damage) },
      ).catch(fatal(found));
      return undefined;
    })
    .finally(progress.end);
  tellDamages(found, context);
  if (report === undefined) return { damages: found, isSound: false };
  const { entries, withDeadline, bytes, createdAt } = report;
  context.stdout.write(
    `${path}: sound, ${entries} entries, ${withDeadline} with a deadline, ${bytes} bytes, of ${new Date(createdAt).toISOString()}\n`,
  );
  return { damages: found, isSound: true };
}

/** Damage that ends the reading is damage like any other; everything else is an error. */
function fatal(found: DamageError[]): (error: unknown) => undefined {
  return (error) => {
    if (!isDamage(error)) throw error;
    found.push(error);
    return undefined;
  };
}

function isDamage(error: unknown): error is DamageError {
  return (
    (error instanceof SnapshotError && error.code === 'SNAPSHOT_DAMAGED') ||
    (error instanceof LogError && error.code === 'LOG_DAMAGED')
  );
}

function tellDamages(damages: readonly DamageError[], { stderr }: ToolContext): void {
  for (const { message } of damages) stderr.write(`${message}\n`);
}

/** Writes all that is sound, as a snapshot, to a directory that holds nothing yet. */
async function repairTo(copy: string, files: DataFiles, context: ToolContext): Promise<ExitCode> {
  const target = dataFiles(copy, files.dbfilename);
  const lock = await lockDirectory(copy);
  try {
    const others = readdirSync(copy).filter((name) => !name.startsWith('kvd.lock'));
    if (others.length > 0) throw new ConfigError('USAGE', `--repair: ${copy} is not empty`);
    const saved = await salvage(files, context);
    if (saved === undefined) return ExitCode.DATA;
    const { entries } = await writeSnapshot(snapshotPath(target), saved.engine);
    context.stdout.write(
      `${snapshotPath(target)}: written, ${entries} entries. Start with --dir ${join(copy)} to use it; ${files.directory} is as it was\n`,
    );
    return ExitCode.OK;
  } finally {
    lock.release();
  }
}

/** The log is never older than the snapshot, which is what is left where nothing of the log can be read. */
async function salvage(files: DataFiles, context: ToolContext): Promise<StoredData | undefined> {
  const options = { now: context.clock.now(), onDamage: () => {} };
  const parts = [
    (data: StoredData) => data.readLog(files, options),
    (data: StoredData) => data.readSnapshot(files, options),
  ];
  for (const read of parts) {
    const data = new StoredData();
    try {
      if (await read(data)) return data;
    } catch (error) {
      if (!isDamage(error)) throw error;
      context.stderr.write(`nothing of it can be saved: ${error.message}\n`);
    }
  }
  return undefined;
}
