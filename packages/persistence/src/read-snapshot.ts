import type { EntrySink, SnapshotEntry } from './entry.ts';
import { type Environment, resolveEnvironment } from './environment.ts';
import { describe, SnapshotDamagedError, SnapshotError } from './errors.ts';
import { RecordCursor } from './record-cursor.ts';
import { type Block, type SnapshotHeader, SnapshotReader } from './snapshot-reader.ts';

/** How far a load or a verification has come. */
export interface LoadProgress {
  /** Bytes read and found good. */
  readonly bytes: number;
  /** Length of the file. */
  readonly bytesTotal: number;
  /** Entries read, dead ones included. */
  readonly entries: number;
  /** Entries that the file's header announces; a hint. */
  readonly entriesExpected: number;
}

export interface VerifySnapshotOptions extends Partial<Environment> {
  /** Called after every block. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

export interface ReadSnapshotOptions extends VerifySnapshotOptions {
  /** Unix milliseconds; entries with `deadline <= now` are dropped. Default: the clock at the call. */
  readonly now?: number | undefined;
  /**
   * Saves what can be saved of a damaged file: told each damage, which is passed over up to the next whole
   * block, instead of a rejection. A damaged header is rejected all the same: nothing can be trusted behind it.
   */
  readonly onDamage?: ((damage: SnapshotDamagedError) => void) | undefined;
}

/** What was loaded. */
export interface LoadResult {
  /** Entries given to the sink. */
  readonly entries: number;
  /** Entries dropped because they were dead. */
  readonly expired: number;
  /** Length of the file. */
  readonly bytes: number;
  readonly blocks: number;
  /** The snapshot's random id, as 16 hexadecimal digits. */
  readonly id: string;
  /** When the snapshot's view was frozen, Unix milliseconds. */
  readonly createdAt: number;
  readonly durationMs: number;
}

/** What a snapshot holds. */
export interface SnapshotReport extends SnapshotHeader {
  readonly entries: number;
  /** Entries that have a deadline, dead or not. */
  readonly withDeadline: number;
  /** Entries in each database that has any. */
  readonly databases: ReadonlyMap<number, number>;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Length of the file. */
  readonly bytes: number;
  readonly blocks: number;
}

/**
 * Loads a snapshot, block by block: it holds one block in memory, and the event loop turns between
 * two. Answers `undefined` when there is no file at `path`, which is how every database begins.
 *
 * A block reaches the sink only when its checksum fits. When a later block is damaged, the sink has the
 * entries before it: throw them away, or call `verifySnapshot` first.
 *
 * @throws SnapshotDamagedError `SNAPSHOT_DAMAGED`; SnapshotError `SNAPSHOT_NEWER`,
 * `SNAPSHOT_READ_FAILED` (file system), `RESTORE_FAILED` (the sink threw; see `cause`). A
 * `SnapshotError` that the sink throws comes through as it is.
 *
 * @example
 * const keys: string[] = [];
 * const result = await readSnapshot('./data/snapshot.kv', {
 *   restore: (entry) => keys.push(new TextDecoder().decode(entry.key)),
 * });
 * console.log(result === undefined ? 'no snapshot yet' : `${result.entries} entries`);
 */
export async function readSnapshot(
  path: string,
  sink: EntrySink,
  options: ReadSnapshotOptions = {},
): Promise<LoadResult | undefined> {
  const environment = resolveEnvironment(options);
  const startedAt = environment.monotonic.now();
  const now = options.now ?? environment.clock.now();
  const counts = { entries: 0, expired: 0 };
  const cursor = new RecordCursor();
  const { fs } = environment;
  const scanned = await scan({ path, fs, ...options }, (reader, block) => {
    restoreBlock(cursor, block, sink, now, counts, path);
    if (cursor.fault !== undefined) reader.damagedRecord(block, cursor.start, cursor.fault);
  });
  if (scanned === undefined) return undefined;
  return {
    ...counts,
    bytes: scanned.reader.size,
    blocks: scanned.reader.blocks,
    id: scanned.header.id,
    createdAt: scanned.header.createdAt,
    durationMs: environment.monotonic.now() - startedAt,
  };
}

/**
 * Reads all of a snapshot, checks everything that `readSnapshot` checks, and says what is in it.
 * Answers `undefined` when there is no file at `path`.
 *
 * @throws SnapshotDamagedError `SNAPSHOT_DAMAGED`; SnapshotError `SNAPSHOT_NEWER`,
 * `SNAPSHOT_READ_FAILED`.
 *
 * @example
 * const report = await verifySnapshot('./data/snapshot.kv');
 * console.log(report?.entries, report?.databases);
 */
export async function verifySnapshot(
  path: string,
  options: VerifySnapshotOptions = {},
): Promise<SnapshotReport | undefined> {
  const { fs } = resolveEnvironment(options);
  const databases = new Map<number, number>();
  const counts = { withDeadline: 0, keyBytes: 0, valueBytes: 0 };
  const cursor = new RecordCursor();
  const { onProgress } = options;
  const scanned = await scan({ path, fs, onProgress }, (reader, block) => {
    cursor.reset(block.payload, block.records);
    while (cursor.next()) {
      if (cursor.deadline !== undefined) counts.withDeadline += 1;
      counts.keyBytes += cursor.valueStart - cursor.keyStart;
      counts.valueBytes += cursor.end - cursor.valueStart;
      databases.set(cursor.database, (databases.get(cursor.database) ?? 0) + 1);
    }
    if (cursor.fault !== undefined) reader.damagedRecord(block, cursor.start, cursor.fault);
  });
  if (scanned === undefined) return undefined;
  const { reader, header } = scanned;
  const { records: entries, size: bytes, blocks } = reader;
  return { ...header, ...counts, entries, databases, bytes, blocks };
}

/** What is read, and who is told of it. */
type Scan = Pick<Environment, 'fs'> &
  Pick<ReadSnapshotOptions, 'onProgress' | 'onDamage'> & { readonly path: string };

/** Reads the file from front to back, and gives every block that is good to `visit`. */
async function scan(
  { path, fs, onProgress, onDamage }: Scan,
  visit: (reader: SnapshotReader, block: Block) => void,
): Promise<{ reader: SnapshotReader; header: SnapshotHeader } | undefined> {
  let reader: SnapshotReader | undefined;
  try {
    reader = await SnapshotReader.open(fs, path);
    if (reader === undefined) return undefined;
    const header = await reader.header();
    for (;;) {
      const { offset } = reader;
      try {
        const block = await reader.next();
        if (block === undefined) break;
        visit(reader, block);
      } catch (error) {
        if (onDamage === undefined || !(error instanceof SnapshotDamagedError)) throw error;
        onDamage(error);
        // A block whose records make no sense has been passed already.
        if (reader.offset === offset && !(await reader.skip())) break;
      }
      onProgress?.({
        bytes: reader.offset,
        bytesTotal: reader.size,
        entries: reader.records,
        entriesExpected: header.entriesExpected,
      });
    }
    return { reader, header };
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    const message = `could not read ${path}: ${describe(error)}`;
    throw new SnapshotError('SNAPSHOT_READ_FAILED', message, { path, cause: error });
  } finally {
    // Nothing was written through it, so that a failure to close it loses nothing.
    await reader?.close().catch(() => undefined);
  }
}

/**
 * Gives a block's live entries to the sink. The records are walked first, so that a block that turns
 * out to be malformed delivers nothing.
 */
function restoreBlock(
  cursor: RecordCursor,
  block: Block,
  sink: EntrySink,
  now: number,
  counts: { entries: number; expired: number },
  path: string,
): void {
  const { payload, records } = block;
  cursor.reset(payload, records);
  while (cursor.next());
  if (cursor.fault !== undefined) return;
  cursor.reset(payload, records);
  const entry: { -readonly [Field in keyof SnapshotEntry]: SnapshotEntry[Field] } = {
    database: 0,
    key: payload,
    value: payload,
    type: 0,
    encoding: 0,
    deadline: undefined,
  };
  try {
    while (cursor.next()) {
      if (cursor.deadline !== undefined && cursor.deadline <= now) {
        counts.expired += 1;
        continue;
      }
      entry.database = cursor.database;
      entry.type = cursor.type;
      entry.encoding = cursor.encoding;
      entry.deadline = cursor.deadline;
      entry.key = payload.subarray(cursor.keyStart, cursor.valueStart);
      entry.value = payload.subarray(cursor.valueStart, cursor.end);
      sink.restore(entry);
      counts.entries += 1;
    }
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    const message = `an entry of ${path} could not be restored: ${describe(error)}`;
    throw new SnapshotError('RESTORE_FAILED', message, { path, cause: error });
  }
}
