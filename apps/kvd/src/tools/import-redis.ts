import { writeSnapshot } from '@kv/persistence';
import { ConfigError } from '../config/config-error.ts';
import { ExitCode } from '../exit-codes.ts';
import {
  type ImportState,
  readImportState,
  removeImportState,
  writeImportState,
} from './import-state.ts';
import { type CopyCounts, type CopyPosition, copyRedis, databasesOf } from './redis/copy-redis.ts';
import { parseRedisUrl, RedisConnection, type RedisTarget } from './redis/redis-connection.ts';
import { type DataFiles, type StoredData, snapshotPath } from './stored-data.ts';
import { type ToolContext, toolProgress } from './tool.ts';
import { untilToldToStop } from './until-told-to-stop.ts';

/** A crash costs at most what was copied in so long. */
const CHECKPOINT_MS = 30_000;

/**
 * Copies a running Redis into a data directory. What was copied when it is interrupted (a signal, a lost
 * connection, even SIGKILL) is there, and the same command goes on from it.
 */
export async function importRedis(
  url: string,
  data: StoredData,
  files: DataFiles,
  context: ToolContext,
): Promise<ExitCode> {
  const target = parseRedisUrl(url);
  const before = stateFor(target, files);
  const run = new RedisImport(data, files, context, before, nameOf(target));
  let source: RedisConnection;
  try {
    source = await RedisConnection.open(target);
  } catch (error) {
    context.stderr.write(`kvd: cannot reach ${nameOf(target)}: ${(error as Error).message}\n`);
    return ExitCode.UNAVAILABLE;
  }
  using _closing = source;
  using stop = untilToldToStop();
  return await run.from(source, target, stop.signal);
}

function nameOf({ tls, host, port, database }: RedisTarget): string {
  return `${tls ? 'rediss' : 'redis'}://${host}:${port}/${database ?? ''}`;
}

function stateFor(target: RedisTarget, { directory }: DataFiles): ImportState | undefined {
  const state = readImportState(directory);
  if (state !== undefined && state.source !== nameOf(target))
    throw new ConfigError(
      'USAGE',
      `an import of ${state.source} into ${directory} was interrupted: finish that one, or remove import.json`,
    );
  return state;
}

class RedisImport {
  private readonly data: StoredData;
  private readonly files: DataFiles;
  private readonly context: ToolContext;
  private readonly before: ImportState | undefined;
  private readonly source: string;
  private position: CopyPosition | undefined;
  private counts: CopyCounts = { entries: 0, left: new Map() };
  private checkpointAt = 0;

  constructor(
    data: StoredData,
    files: DataFiles,
    context: ToolContext,
    before: ImportState | undefined,
    source: string,
  ) {
    this.data = data;
    this.files = files;
    this.context = context;
    this.before = before;
    this.source = source;
  }

  async from(
    source: RedisConnection,
    { database }: RedisTarget,
    signal: AbortSignal,
  ): Promise<ExitCode> {
    const { context, data } = this;
    const progress = toolProgress('importing', context);
    this.checkpointAt = context.clock.now() + CHECKPOINT_MS;
    try {
      const there = await databasesOf(source);
      const databases = [...there.keys()].filter((each) => each === (database ?? each));
      const total = databases.reduce((sum, each) => sum + (there.get(each) as number), 0);
      const { now } = context.clock;
      const already = data.size;
      await copyRedis({
        source,
        sink: data.sink(now()),
        from: this.before ?? { databases, cursor: '0' },
        now,
        signal,
        onBatch: async (position, counts) => {
          this.position = position;
          this.counts = counts;
          const entries = already + counts.entries;
          progress.show({ entries, fraction: entries / Math.max(1, total) });
          if (now() >= this.checkpointAt) await this.checkpoint();
        },
      });
    } catch (error) {
      progress.end();
      return await this.interrupted(
        signal.aborted ? 'it was told to stop' : (error as Error).message,
      );
    } finally {
      progress.end();
    }
    return await this.finished();
  }

  /** The snapshot first: a position that is too old costs nothing but time. */
  private async checkpoint(): Promise<number> {
    const { directory } = this.files;
    const { entries } = await writeSnapshot(snapshotPath(this.files), this.data.engine);
    if (this.position !== undefined)
      writeImportState(directory, { source: this.source, left: this.left(), ...this.position });
    this.checkpointAt = this.context.clock.now() + CHECKPOINT_MS;
    return entries;
  }

  private async interrupted(why: string): Promise<ExitCode> {
    const { stderr } = this.context;
    if (this.position === undefined) {
      stderr.write(`kvd: the import of ${this.source} has not begun: ${why}\n`);
      return ExitCode.UNAVAILABLE;
    }
    const entries = await this.checkpoint();
    stderr.write(
      `kvd: the import of ${this.source} was interrupted: ${why}. ${entries} entries are there; the same command goes on\n`,
    );
    return ExitCode.UNAVAILABLE;
  }

  private async finished(): Promise<ExitCode> {
    const { stdout, stderr } = this.context;
    const path = snapshotPath(this.files);
    const { entries } = await writeSnapshot(path, this.data.engine);
    removeImportState(this.files.directory);
    stdout.write(`${path}: written, ${entries} entries\n`);
    const left = Object.entries(this.left());
    if (left.length === 0) return ExitCode.OK;
    const list = left.map(([type, count]) => `${count} of type ${type}`).join(', ');
    stderr.write(`kvd: keys that kvd has no type for were left out: ${list}\n`);
    return ExitCode.FAILURE;
  }

  private left(): Record<string, number> {
    const left = new Map(Object.entries(this.before?.left ?? {}));
    for (const [type, count] of this.counts.left) left.set(type, (left.get(type) ?? 0) + count);
    return Object.fromEntries(left);
  }
}
