import type { EntrySource, FrozenView } from './entry.ts';
import { type Environment, resolveEnvironment } from './environment.ts';
import { describe, SnapshotError } from './errors.ts';
import { SLICE_MS } from './limits.ts';
import { type SaveProgress, SnapshotWriter } from './snapshot-writer.ts';

export interface WriteSnapshotOptions extends Partial<Environment> {
  /** How long the event loop is held at a stretch, in milliseconds. Default 2. */
  readonly sliceMs?: number | undefined;
  /** Aborts the save up to the rename; the promise then rejects with `SAVE_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every block. */
  readonly onProgress?: ((progress: SaveProgress) => void) | undefined;
}

/** What was saved. */
export interface SaveResult {
  readonly entries: number;
  /** Length of the file. */
  readonly bytes: number;
  /** The snapshot's random id, as 16 hexadecimal digits. */
  readonly id: string;
  /** From the call to the fsync of the directory, in milliseconds. */
  readonly durationMs: number;
}

/**
 * Writes a snapshot, replacing the one at `path` as a whole or not at all.
 *
 * The source is frozen synchronously, before this function returns its promise: the snapshot shows the
 * entries as they were at the call. They are written in slices between which the event loop turns: into
 * a temporary file in the same directory (mode 0600), which is fsynced, closed and renamed, whereupon
 * the directory is fsynced. Missing directories are made. On any failure the temporary file is removed
 * and the old snapshot is as it was, with one exception: when only the fsync of the directory fails,
 * the new snapshot is in place, whole, but may give way to the old one in a power failure.
 *
 * The order of steps is that of Redis's `rdbSave`; SNAPSHOT.md has the format.
 *
 * @throws SnapshotError `SNAPSHOT_WRITE_FAILED` (file system, or the source threw; see `cause`),
 * `ENTRY_OUT_OF_RANGE`, `SAVE_ABORTED`.
 *
 * @example
 * const entries = [
 *   { database: 0, key: bytes('a'), value: bytes('1'), type: 0, encoding: 0, deadline: undefined },
 * ];
 * const source = { freeze: () => Object.assign([...entries], { count: 1, close() {} }) };
 * const { bytes } = await writeSnapshot('./data/snapshot.kv', source);
 */
export async function writeSnapshot(
  path: string,
  source: EntrySource,
  options: WriteSnapshotOptions = {},
): Promise<SaveResult> {
  const environment = resolveEnvironment(options);
  const startedAt = environment.monotonic.now();
  const writer = new SnapshotWriter({
    path,
    environment,
    sliceMs: options.sliceMs ?? SLICE_MS,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  try {
    writer.throwIfAborted();
    const createdAt = environment.clock.now();
    await writeEntries(writer, source.freeze(), createdAt);
    await writer.end();
    await writer.publish();
  } catch (error) {
    await writer.discard();
    throw failure(error, path, writer.step);
  }
  return {
    entries: writer.entries,
    bytes: writer.bytes,
    id: writer.id,
    durationMs: environment.monotonic.now() - startedAt,
  };
}

/** The view is given back as soon as it has been read, before the disk is waited for. */
async function writeEntries(
  writer: SnapshotWriter,
  view: FrozenView,
  createdAt: number,
): Promise<void> {
  try {
    await writer.begin(view.count, createdAt);
    await writer.write(view);
  } finally {
    view.close();
  }
}

function failure(error: unknown, path: string, step: string): SnapshotError {
  if (error instanceof SnapshotError) {
    if (error.path !== undefined) return error;
    const message = `could not save ${path}: ${error.message}`;
    return new SnapshotError(error.code, message, { path, cause: error });
  }
  return new SnapshotError(
    'SNAPSHOT_WRITE_FAILED',
    `could not save ${path}: ${step} failed: ${describe(error)}`,
    { path, cause: error },
  );
}
