import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DATABASE_MAX,
  type EntryLookup,
  type EntrySink,
  type LogDamagedError,
  readLog,
  readSnapshot,
  type SnapshotDamagedError,
  type SnapshotEntry,
} from '@kv/persistence';
import { OneRange } from '@kv/store';
import { ByteEngine } from '../byte-engine.ts';
import { assertNotInUse, DataDirectoryError } from '../directory-lock.ts';
import { LOG_DIRECTORY } from '../log-directory.ts';
import type { Progress } from '../progress.ts';

/** Where a data directory has what. */
export interface DataFiles {
  readonly directory: string;
  /** The snapshot's name in it. */
  readonly dbfilename: string;
}

export interface ReadStoredDataOptions {
  /** Unix milliseconds: what has expired is left out. */
  readonly now: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Saves what can be saved: told each damage. Without it damage is an error. */
  readonly onDamage?: ((damage: SnapshotDamagedError | LogDamagedError) => void) | undefined;
}

export function snapshotPath({ directory, dbfilename }: DataFiles): string {
  return join(directory, dbfilename);
}

export function logPath({ directory }: DataFiles): string {
  return join(directory, LOG_DIRECTORY);
}

/** What a data directory holds, in memory: what a daemon would serve that is started in it. */
export class StoredData implements EntryLookup {
  readonly engine = new ByteEngine({
    databases: DATABASE_MAX + 1,
    maxBytes: 0,
    evictionPolicy: 'noeviction',
    changed: () => {},
    random: Math.random,
  });
  private readonly range = new OneRange();

  /**
   * Reads the log where there is one, else the snapshot, as a start does; `undefined` when there is neither.
   *
   * @throws DataDirectoryError: there is no such directory, or a daemon has it; and what `readLog` and
   * `readSnapshot` do
   */
  static async read(
    files: DataFiles,
    options: ReadStoredDataOptions,
  ): Promise<StoredData | undefined> {
    assertReadable(files.directory);
    const data = new StoredData();
    return (await data.readLog(files, options)) || (await data.readSnapshot(files, options))
      ? data
      : undefined;
  }

  /** False: there is no log. */
  async readLog(files: DataFiles, { now, onProgress, onDamage }: ReadStoredDataOptions) {
    const read = await this.restore(now, () =>
      readLog(logPath(files), this.engine, {
        onDamage,
        onProgress: ({ entries, bytes, bytesTotal }) =>
          onProgress?.({ entries, fraction: bytes / Math.max(1, bytesTotal) }),
      }),
    );
    return read !== undefined;
  }

  /** False: there is no snapshot. */
  async readSnapshot(files: DataFiles, { now, onProgress, onDamage }: ReadStoredDataOptions) {
    const read = await this.restore(now, () =>
      readSnapshot(snapshotPath(files), this.engine, {
        now,
        onDamage,
        onProgress: ({ entries, bytes, bytesTotal }) =>
          onProgress?.({ entries, fraction: bytes / Math.max(1, bytesTotal) }),
      }),
    );
    return read !== undefined;
  }

  private async restore<T>(now: number, read: () => Promise<T>): Promise<T> {
    this.engine.restoring = true;
    try {
      return await read();
    } finally {
      this.engine.restoring = false;
      this.engine.now = now;
    }
  }

  /** Takes entries one by one from elsewhere; what has expired by `now` is left out when it is read. */
  sink(now: number): EntrySink {
    const { engine } = this;
    return {
      restore(entry) {
        engine.restoring = true;
        engine.restore(entry);
        engine.restoring = false;
        engine.now = now;
      },
    };
  }

  /** How many there are, expired ones included. */
  get size(): number {
    return [...this.engine.used()].reduce((sum, [, { size }]) => sum + size, 0);
  }

  *entries(): Iterable<SnapshotEntry> {
    const view = this.engine.freeze();
    try {
      yield* view;
    } finally {
      view.close();
    }
  }

  find(database: number, key: Uint8Array): SnapshotEntry | undefined {
    const keyspace = this.engine.at(database);
    const ref = keyspace.find(this.range.take(key), 0);
    if (ref === 0) return undefined;
    return {
      database,
      key,
      value: keyspace.valueView(ref),
      type: keyspace.typeOf(ref),
      encoding: keyspace.encodingOf(ref),
      deadline: keyspace.deadlineOf(ref) || undefined,
    };
  }
}

/** @throws DataDirectoryError: there is no such directory, or a daemon has it */
export function assertReadable(directory: string): void {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(directory).isDirectory();
  } catch (cause) {
    const message = `cannot read the data directory ${directory}: ${(cause as Error).message}`;
    throw new DataDirectoryError('DIRECTORY_UNUSABLE', message, { cause });
  }
  if (!isDirectory)
    throw new DataDirectoryError('DIRECTORY_UNUSABLE', `${directory} is no directory`);
  assertNotInUse(directory);
}
