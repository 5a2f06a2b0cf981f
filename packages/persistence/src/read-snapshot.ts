import { BlockEntries, type RecordFault } from './block-entries.ts';
import type { EntrySink } from './entry.ts';
import { type Environment, resolveEnvironment } from './environment.ts';
import { describe, SnapshotDamagedError, SnapshotError } from './errors.ts';
import type { SnapshotHeader } from './snapshot-header.ts';
import { type Block, SnapshotReader } from './snapshot-reader.ts';

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
 * Loads a snapshot, block by block: it holds two blocks in memory, and the event loop turns between
 * them. Answers `undefined` when there is no file at `path`, which is how every database begins.
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
  const restore = new BlockRestore(sink, path, now);
  const { fs } = environment;
  const scanned = await restore.whole(
    scan({ path, fs, ...options }, (block) => restore.deliver(block)),
  );
  if (scanned === undefined) return undefined;
  return {
    entries: restore.entries,
    expired: restore.expired,
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
  const batch = new BlockEntries();
  const { onProgress } = options;
  const scanned = await scan({ path, fs, onProgress }, ({ payload, records }) => {
    const fault = batch.fill(payload, records, undefined);
    if (fault !== undefined) return fault;
    counts.withDeadline += batch.withDeadline;
    for (let i = 0; i < batch.count; i += 1) {
      counts.keyBytes += batch.keyLength[i] as number;
      counts.valueBytes += batch.valueLength[i] as number;
      const database = batch.database[i] as number;
      databases.set(database, (databases.get(database) ?? 0) + 1);
    }
    return undefined;
  });
  if (scanned === undefined) return undefined;
  const { reader, header } = scanned;
  const { records: entries, size: bytes, blocks } = reader;
  return { ...header, ...counts, entries, databases, bytes, blocks };
}

/** What is read, and who is told of it. */
type Scan = Pick<Environment, 'fs'> &
  Pick<ReadSnapshotOptions, 'onProgress' | 'onDamage'> & { readonly path: string };

/** Reads the file from front to back, and gives every block that is good to `visit`, which may find a fault. */
async function scan(
  { path, fs, onProgress, onDamage }: Scan,
  visit: (block: Block) => RecordFault | undefined,
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
        const fault = visit(block);
        if (fault !== undefined) reader.damagedRecord(block, fault.start, fault.reason);
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
 * Gives live entries to a sink, block by block. The records of a block are walked first, so that one that turns
 * out to be malformed delivers nothing.
 */
class BlockRestore {
  entries = 0;
  expired = 0;
  private readonly batch = new BlockEntries();
  private readonly sink: EntrySink;
  private readonly path: string;
  private readonly now: number;

  constructor(sink: EntrySink, path: string, now: number) {
    this.sink = sink;
    this.path = path;
    this.now = now;
  }

  deliver({ payload, records }: Block): RecordFault | undefined {
    const { batch, sink } = this;
    const fault = batch.fill(payload, records, this.now);
    if (fault !== undefined) return fault;
    this.tell(() => {
      if (sink.restoreAll === undefined) restoreEach(sink, batch);
      else sink.restoreAll(batch);
    });
    this.entries += batch.count;
    this.expired += batch.expired;
    return undefined;
  }

  /** Tells the sink the end, whatever it is; where both fail, the first failure is the cause. */
  async whole<T>(delivered: Promise<T>): Promise<T> {
    const restored = () => this.tell(() => this.sink.restored?.());
    let result: T;
    try {
      result = await delivered;
    } catch (error) {
      try {
        restored();
      } catch {}
      throw error;
    }
    restored();
    return result;
  }

  private tell(told: () => void): void {
    try {
      told();
    } catch (error) {
      if (error instanceof SnapshotError) throw error;
      const { path } = this;
      const message = `an entry of ${path} could not be restored: ${describe(error)}`;
      throw new SnapshotError('RESTORE_FAILED', message, { path, cause: error });
    }
  }
}

function restoreEach(sink: EntrySink, batch: BlockEntries): void {
  const { bytes, keyOffset, keyLength, valueOffset, valueLength } = batch;
  for (let i = 0; i < batch.count; i += 1) {
    const key = keyOffset[i] as number;
    const value = valueOffset[i] as number;
    sink.restore({
      database: batch.database[i] as number,
      type: batch.type[i] as number,
      encoding: batch.encoding[i] as number,
      deadline: batch.deadline[i] || undefined,
      key: bytes.subarray(key, key + (keyLength[i] as number)),
      value: bytes.subarray(value, value + (valueLength[i] as number)),
    });
  }
}
