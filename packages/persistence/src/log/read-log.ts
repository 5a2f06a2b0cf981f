import { join } from 'node:path';
import { hasCode } from '../directory.ts';
import { type Environment, resolveEnvironment } from '../environment.ts';
import { type SnapshotDamagedError, SnapshotError } from '../errors.ts';
import { readSnapshot } from '../read-snapshot.ts';
import { EffectReplay } from './effect-replay.ts';
import type { EffectSink } from './effect-sink.ts';
import { assertNoRecords } from './log-directory.ts';
import { asLogError, LogDamagedError, LogError } from './log-errors.ts';
import { RECORD_END, SEGMENT_HEADER_BYTES } from './log-layout.ts';
import {
  baseName,
  type LogFile,
  type Manifest,
  NO_LOG,
  readManifest,
  segmentName,
} from './manifest.ts';
import { SegmentReader } from './segment-reader.ts';
import { findWitness, isRoom } from './torn-tail.ts';

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
  /**
   * Saves what can be saved of a damaged log: told each damage instead of a rejection. Of the base, blocks that
   * are damaged are passed over; of the segments nothing is replayed from the damage on, so that what is there
   * was there once. A manifest or a header that is damaged, and a file that is missing, are rejected all the same.
   */
  readonly onDamage?: ((damage: LogDamagedError) => void) | undefined;
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
  /** Bytes behind `offset` that no record has come to use. */
  readonly roomBytes: number;
}

/** A part of a segment. */
export interface LogPart {
  readonly path: string;
  readonly from: number;
  readonly to: number;
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
  /** What is good, and perhaps in the system's memory only: no record says that it was on disk. */
  readonly unproven: readonly LogPart[];
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
    if (manifest === NO_LOG) return undefined;
    if (manifest === undefined) return await assertNoRecords(environment.fs, directory);
    return await new LogReplay(directory, manifest, sink, environment, options).run();
  } catch (error) {
    throw asLogError(error, directory, 'read');
  }
}

/** One replay. */
class LogReplay {
  private readonly directory: string;
  private readonly manifest: Manifest;
  private readonly sink: EffectSink;
  private readonly environment: Environment;
  private readonly options: ReadLogOptions;
  private readonly replay: EffectReplay;
  private readonly unproven: LogPart[] = [];
  private sizes: readonly number[] = [];
  private bytesTotal = 0;
  private bytes = 0;
  /** Entries of the base. */
  private entries = 0;
  private damaged = false;

  constructor(
    directory: string,
    manifest: Manifest,
    sink: EffectSink,
    environment: Environment,
    options: ReadLogOptions,
  ) {
    this.directory = directory;
    this.manifest = manifest;
    this.sink = sink;
    this.environment = environment;
    this.options = options;
    this.replay = new EffectReplay(sink);
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
    for (let index = 0; index <= last && !this.damaged; index += 1)
      tail = await this.readSegment(index, segments[index] as LogFile, index < last);
    return {
      entries: this.entries,
      effects: this.replay.effects,
      baseBytes,
      segmentBytes: this.bytes - baseBytes,
      segments: segments.length,
      tail: tail as LogTail,
      unproven: this.unproven,
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
    const { onDamage } = this.options;
    try {
      const loaded = await readSnapshot(path, this.sink, {
        ...this.environment,
        // Replaying does not depend on the time: a later effect may give an entry more of it.
        now: -1,
        onProgress: ({ bytes, entries }) => this.tell(bytes, entries),
        onDamage: onDamage && ((damage) => onDamage(asLogDamage(damage, path))),
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
      throw error instanceof SnapshotError ? asBaseError(error, path) : error;
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
      const ended = await this.readToEnd(reader, segmentIndex, isFollowed);
      this.bytes += reader.offset;
      const { offset, salt, size, synced } = reader;
      if (synced < offset) this.unproven.push({ path, from: synced, to: offset });
      const left = size - offset;
      const room = (await isRoom(reader)) ? left : 0;
      // The next one has nothing but its header; it is where the log goes on.
      if (ended && !isFollowed) return await this.emptyTail(segmentIndex + 1);
      return { segmentIndex, path, offset, salt, tornBytes: left - room, roomBytes: room };
    } finally {
      await reader.close().catch(() => undefined);
    }
  }

  /** Replays a segment up to its end, or to what does not fit; true if it ended with an end. */
  private async readToEnd(
    reader: SegmentReader,
    segmentIndex: number,
    isFollowed: boolean,
  ): Promise<boolean> {
    try {
      const ended = await this.readRecords(reader);
      const isLast = segmentIndex === this.manifest.segments.length - 1;
      const { offset } = reader;
      if (ended && !(await isRoom(reader)))
        reader.damaged(offset, 'something follows the end of the segment');
      if (isFollowed && !ended)
        reader.damaged(
          offset,
          reader.fault ?? 'the segment does not end with an end, and another follows',
        );
      if (ended && isLast)
        reader.damaged(offset, 'the segment ends, and the manifest names none that follows');
      await this.judgeTail(reader);
      return ended;
    } catch (error) {
      const { onDamage } = this.options;
      if (onDamage === undefined || !(error instanceof LogDamagedError)) throw error;
      this.damaged = true;
      onDamage(error);
      return false;
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
      this.replay.deliver(reader, record);
      this.tell(this.bytes + reader.offset, this.entries + this.replay.effects);
    }
    return false;
  }

  /** Something does not fit: did a crash leave it? */
  private async judgeTail(reader: SegmentReader): Promise<void> {
    if (reader.fault === undefined || (await isRoom(reader))) return;
    const witness = await findWitness(reader);
    if (witness === undefined) return;
    reader.damaged(
      reader.offset,
      `${reader.fault}, and the record at byte ${witness} says that this place was on disk before`,
    );
  }

  private tell(bytes: number, entries: number): void {
    this.options.onProgress?.({ bytes, bytesTotal: this.bytesTotal, entries });
  }
}

/** What is wrong with a base is wrong with the log. */
function asBaseError(error: SnapshotError, path: string): LogError {
  const { message, cause } = error;
  switch (error.code) {
    case 'SNAPSHOT_DAMAGED':
      return asLogDamage(error as SnapshotDamagedError, path);
    case 'SNAPSHOT_NEWER':
      return new LogError('LOG_NEWER', message, { path, cause: error });
    case 'RESTORE_FAILED':
      return new LogError('LOG_RESTORE_FAILED', message, { path, cause });
    default:
      return new LogError('LOG_READ_FAILED', message, { path, cause });
  }
}

function asLogDamage(error: SnapshotDamagedError, path: string): LogDamagedError {
  const { byteOffset, reason } = error;
  return new LogDamagedError({ path, byteOffset, reason, cause: error });
}
