import { join } from 'node:path';
import { hasCode } from '../directory.ts';
import type { SnapshotEntry } from '../entry.ts';
import { type Environment, resolveEnvironment } from '../environment.ts';
import { describe, SnapshotError } from '../errors.ts';
import { readSnapshot } from '../read-snapshot.ts';
import { EffectCursor } from './effect-cursor.ts';
import type { EffectSink } from './effect-sink.ts';
import { LogDamagedError, LogError } from './log-errors.ts';
import {
  EFFECT_DEADLINE,
  EFFECT_FLUSH,
  EFFECT_PUT,
  EFFECT_REMOVE,
  RECORD_END,
  SEGMENT_HEADER_BYTES,
} from './log-layout.ts';
import {
  baseName,
  type LogFile,
  type Manifest,
  NO_LOG,
  readManifest,
  segmentName,
} from './manifest.ts';
import { type LogRecord, SegmentReader } from './segment-reader.ts';
import { findWitness } from './torn-tail.ts';

/** How far a replay has come. */
export interface LogLoadProgress {
  /** Bytes read and found good, of the base and the segments. */
  readonly bytes: number;
  readonly bytesTotal: number;
  /** Entries of the base, and effects. */
  readonly entries: number;
}

export interface ReadLogOptions extends Partial<Environment> {
  /** Called after every block of the base and every record. */
  readonly onProgress?: ((progress: LogLoadProgress) => void) | undefined;
}

/** The end of what is good in a log. */
export interface LogTail {
  /** The segment that further records belong to, as an index of the manifest's segments. */
  readonly segmentIndex: number;
  readonly path: string;
  /** Where the next record belongs. */
  readonly offset: number;
  readonly salt: number;
  /** Bytes behind `offset` that a crash has left. */
  readonly tornBytes: number;
}

/** What a log holds. */
export interface LogLoadResult {
  /** Entries of the base. */
  readonly entries: number;
  /** Effects of the segments. */
  readonly effects: number;
  /** Length of the base, and of what is good of the segments. */
  readonly baseBytes: number;
  readonly segmentBytes: number;
  readonly segments: number;
  readonly tail: LogTail;
  readonly durationMs: number;
}

/**
 * Replays the log of a directory into a sink: the base, then all effects in order. Answers `undefined` when
 * there is no log. Changes nothing on disk: a torn tail is told in `tail`, and not cut off.
 *
 * What the sink has when this rejects is a part: throw it away.
 *
 * @throws LogDamagedError `LOG_DAMAGED`; LogError `LOG_NEWER`, `LOG_READ_FAILED` (file system),
 * `LOG_RESTORE_FAILED` (the sink threw; see `cause`)
 */
export async function readLog(
  directory: string,
  sink: EffectSink,
  options: ReadLogOptions = {},
): Promise<LogLoadResult | undefined> {
  const environment = resolveEnvironment(options);
  try {
    const manifest = await readManifest(environment.fs, directory);
    if (manifest === undefined || manifest === NO_LOG) return undefined;
    return await new LogReplay(directory, manifest, sink, environment, options.onProgress).run();
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError('LOG_READ_FAILED', `could not read the log: ${describe(error)}`, {
      path: directory,
      cause: error,
    });
  }
}

/** One replay. */
class LogReplay {
  private readonly directory: string;
  private readonly manifest: Manifest;
  private readonly sink: EffectSink;
  private readonly environment: Environment;
  private readonly onProgress: ((progress: LogLoadProgress) => void) | undefined;
  private readonly cursor = new EffectCursor();
  private sizes: readonly number[] = [];
  private bytesTotal = 0;
  private bytes = 0;
  private entries = 0;
  private effects = 0;

  constructor(
    directory: string,
    manifest: Manifest,
    sink: EffectSink,
    environment: Environment,
    onProgress: ((progress: LogLoadProgress) => void) | undefined,
  ) {
    this.directory = directory;
    this.manifest = manifest;
    this.sink = sink;
    this.environment = environment;
    this.onProgress = onProgress;
  }

  async run(): Promise<LogLoadResult> {
    const { monotonic } = this.environment;
    const startedAt = monotonic.now();
    const { base, segments } = this.manifest;
    this.sizes = await Promise.all(
      segments.map((segment) => this.sizeOf(segmentName(segment.number))),
    );
    const baseBytes = await this.sizeOf(baseName(base.number));
    this.bytesTotal = this.sizes.reduce((sum, size) => sum + size, baseBytes);
    await this.readBase(base);
    const last = this.lastWithRecords();
    let tail: LogTail | undefined;
    for (let index = 0; index <= last; index += 1)
      tail = await this.readSegment(index, segments[index] as LogFile, index < last);
    return {
      entries: this.entries - this.effects,
      effects: this.effects,
      baseBytes,
      segmentBytes: this.bytes - baseBytes,
      segments: segments.length,
      tail: tail as LogTail,
      durationMs: monotonic.now() - startedAt,
    };
  }

  /** The last segment that has more than a header; the first one where none has. */
  private lastWithRecords(): number {
    const last = this.sizes.findLastIndex((size) => size !== SEGMENT_HEADER_BYTES);
    return Math.max(0, last);
  }

  private async sizeOf(name: string): Promise<number> {
    const path = join(this.directory, name);
    try {
      const file = await this.environment.fs.openFile(path);
      return await file.size().finally(() => file.close());
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      throw new LogDamagedError({
        path,
        byteOffset: 0,
        reason: 'the manifest names it, and it is missing',
      });
    }
  }

  private async readBase(base: LogFile): Promise<void> {
    const path = join(this.directory, baseName(base.number));
    try {
      const loaded = await readSnapshot(path, this.sink, {
        ...this.environment,
        // Replaying does not depend on the time: a later effect may give an entry more of it.
        now: -1,
        onProgress: ({ bytes, entries }) => this.tell(bytes, entries),
      });
      if (loaded === undefined || loaded.id !== base.id)
        throw new LogDamagedError({
          path,
          byteOffset: 0,
          reason: 'it is another base than the manifest names',
        });
      this.bytes = loaded.bytes;
      this.entries = loaded.entries;
    } catch (error) {
      throw error instanceof SnapshotError ? asLogError(error, path) : error;
    }
  }

  private async readSegment(
    segmentIndex: number,
    segment: LogFile,
    isFollowed: boolean,
  ): Promise<LogTail> {
    const path = join(this.directory, segmentName(segment.number));
    const reader = await SegmentReader.open(this.environment.fs, path);
    try {
      await reader.header(segment);
      const ended = await this.readRecords(reader);
      if (ended && reader.offset !== reader.size)
        reader.damaged(reader.offset, 'something follows the end of the segment');
      if (isFollowed && !ended)
        reader.damaged(
          reader.offset,
          reader.fault ?? 'the segment does not end with an end, and another follows',
        );
      if (ended && segmentIndex === this.manifest.segments.length - 1)
        reader.damaged(reader.offset, 'the segment ends, and the manifest names none that follows');
      await this.judgeTail(reader);
      this.bytes += reader.offset;
      const { offset, salt, size } = reader;
      // The next one has nothing but its header; it is where the log goes on.
      if (ended && !isFollowed) return await this.emptyTail(segmentIndex + 1);
      return { segmentIndex, path, offset, salt, tornBytes: size - offset };
    } finally {
      await reader.close().catch(() => undefined);
    }
  }

  private async emptyTail(segmentIndex: number): Promise<LogTail> {
    const segment = this.manifest.segments[segmentIndex] as LogFile;
    return await this.readSegment(segmentIndex, segment, false);
  }

  /** Delivers all records that fit; true when an end was among them, which is the last then. */
  private async readRecords(reader: SegmentReader): Promise<boolean> {
    for (let record = await reader.next(); record; record = await reader.next()) {
      if (record.kind === RECORD_END) return true;
      this.deliver(reader, record);
      this.tell(this.bytes + reader.offset, this.entries);
    }
    return false;
  }

  /** Something does not fit: did a crash leave it? */
  private async judgeTail(reader: SegmentReader): Promise<void> {
    if (reader.fault === undefined) return;
    const witness = await findWitness(reader);
    if (witness === undefined) return;
    reader.damaged(
      reader.offset,
      `${reader.fault}, and the record at byte ${witness} says that this place was on disk before`,
    );
  }

  private deliver(reader: SegmentReader, { offset, payload }: LogRecord): void {
    const { cursor } = this;
    // Walked first, so that a record that turns out to be malformed delivers nothing.
    cursor.reset(payload);
    while (cursor.next());
    if (cursor.fault !== undefined) reader.damaged(offset, cursor.fault);
    cursor.reset(payload);
    try {
      while (cursor.next()) {
        this.apply(payload);
        this.effects += 1;
        this.entries += 1;
      }
    } catch (error) {
      throw new LogError(
        'LOG_RESTORE_FAILED',
        `an effect of ${reader.path} could not be replayed: ${describe(error)}`,
        { path: reader.path, cause: error },
      );
    }
  }

  private apply(payload: Uint8Array): void {
    const { sink, cursor } = this;
    const { kind, database, deadline } = cursor;
    const key = payload.subarray(cursor.keyStart, cursor.valueStart);
    if (kind === EFFECT_PUT) {
      const { type, encoding } = cursor;
      const value = payload.subarray(cursor.valueStart, cursor.end);
      sink.restore({ database, key, value, type, encoding, deadline } satisfies SnapshotEntry);
    } else if (kind === EFFECT_DEADLINE) sink.restoreDeadline(database, key, deadline);
    else if (kind === EFFECT_REMOVE) sink.restoreRemoval(database, key);
    else if (kind === EFFECT_FLUSH) sink.restoreFlush(database);
    else sink.restoreSwap(database, cursor.other);
  }

  private tell(bytes: number, entries: number): void {
    this.onProgress?.({ bytes, bytesTotal: this.bytesTotal, entries });
  }
}

/** What is wrong with a base is wrong with the log. */
function asLogError(error: SnapshotError, path: string): LogError {
  const { message, cause } = error;
  switch (error.code) {
    case 'SNAPSHOT_DAMAGED': {
      const { byteOffset, reason } = error as SnapshotError & {
        byteOffset: number;
        reason: string;
      };
      return new LogDamagedError({ path, byteOffset, reason, cause: error });
    }
    case 'SNAPSHOT_NEWER':
      return new LogError('LOG_NEWER', message, { path, cause: error });
    case 'RESTORE_FAILED':
      return new LogError('LOG_RESTORE_FAILED', message, { path, cause });
    default:
      return new LogError('LOG_READ_FAILED', message, { path, cause });
  }
}
