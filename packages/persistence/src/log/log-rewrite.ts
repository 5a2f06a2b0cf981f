import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import type { SaveProgress } from '../snapshot-writer.ts';
import { type SaveResult, writeSnapshot } from '../write-snapshot.ts';
import { createSegment, removeFiles, removeReplaced } from './log-directory.ts';
import { asLogError, LogError } from './log-errors.ts';
import type { AppendLogOptions } from './log-options.ts';
import type { LogWriter } from './log-writer.ts';
import { baseName, type LogFile, type Manifest, replaceManifest, segmentName } from './manifest.ts';
import type { SegmentFile } from './segment-file.ts';

export interface LogRewriteOptions {
  readonly directory: string;
  readonly options: Pick<AppendLogOptions, 'source' | 'sliceMs' | 'exclusively'>;
  readonly environment: Environment;
  readonly writer: LogWriter;
  /** The log so far; `undefined` when there is none. */
  readonly old: Manifest | undefined;
  /** Higher than that of any segment there has been. */
  readonly number: number;
  /** The manifest on disk is another one now. */
  readonly listed: (manifest: Manifest) => void;
}

/** One rewrite, step by step as in LOG.md: whatever step is the last, a whole log is on disk. */
export class LogRewrite {
  progress: SaveProgress = { entries: 0, entriesExpected: 0, bytes: 0 };
  private readonly parts: LogRewriteOptions;
  private readonly number: number;
  private readonly aborting = new AbortController();
  /** Rejects when it is given up. */
  private readonly given: Promise<never>;
  private readonly ended = Promise.withResolvers<void>();

  constructor(parts: LogRewriteOptions) {
    this.parts = parts;
    this.number = parts.number;
    const { signal } = this.aborting;
    this.given = new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    this.given.catch(() => undefined);
  }

  /** Gives it up, as far as it still can be; resolves when it has ended. */
  abort(): Promise<void> {
    this.aborting.abort();
    return this.ended.promise;
  }

  /** @throws LogError `LOG_WRITE_FAILED`, `LOG_REWRITE_ABORTED` */
  async run(): Promise<{ readonly manifest: Manifest; readonly result: SaveResult }> {
    const { exclusively = (work) => work() } = this.parts.options;
    try {
      return await exclusively(() => this.rewrite());
    } catch (error) {
      throw this.asLogError(error);
    } finally {
      this.ended.resolve();
    }
  }

  private async rewrite(): Promise<{ manifest: Manifest; result: SaveResult }> {
    this.aborting.signal.throwIfAborted();
    const { directory, environment, writer } = this.parts;
    const { file, segment } = await createSegment(environment, directory, this.number);
    // While nothing is promised there may be a gap before the new segment: only its own base bridges it.
    const continues = writer.promises && writer.failure === undefined;
    const { result, moved } = continues
      ? await this.continueIn(file, segment)
      : await this.beginIn(segment);
    if (!moved) throw writer.failure ?? new Error('the old segment could not be ended');
    const base = { number: this.number, id: result.id };
    const manifest = { base, segments: [file] };
    await replaceManifest(environment, directory, manifest);
    writer.promise(0);
    const { old } = this.parts;
    // What can't be removed now is a stray, and goes when the log is opened.
    if (old !== undefined)
      await removeReplaced(environment, directory, this.extended(old, file), manifest).catch(
        () => undefined,
      );
    return { manifest, result };
  }

  private extended({ base, segments }: Manifest, file: LogFile): Manifest {
    return { base, segments: [...segments, file] };
  }

  /** The old log goes on in the new segment, whatever becomes of the base. */
  private async continueIn(file: LogFile, segment: SegmentFile) {
    const { directory, environment, writer, old, listed } = this.parts;
    const manifest = this.extended(old as Manifest, file);
    try {
      await replaceManifest(environment, directory, manifest);
    } catch (error) {
      await segment.close();
      throw error;
    }
    listed(manifest);
    const moving = writer.switchTo(segment);
    const result = await this.saveBase();
    // A full disk may keep the old segment from ending, for as long as it is full.
    return { result, moved: await Promise.race([moving, this.given]) };
  }

  /** Nothing is promised before the base is on disk. */
  private async beginIn(segment: SegmentFile) {
    this.parts.writer.adopt(segment);
    try {
      return { result: await this.saveBase(), moved: true };
    } catch (error) {
      await removeFiles(this.parts.environment, this.parts.directory, [
        segmentName(this.number),
      ]).catch(() => undefined);
      throw error;
    }
  }

  /** Freezes the source at once. */
  private saveBase(): Promise<SaveResult> {
    const { directory, environment, options } = this.parts;
    return writeSnapshot(join(directory, baseName(this.number)), options.source, {
      ...environment,
      sliceMs: options.sliceMs,
      signal: this.aborting.signal,
      onProgress: (progress) => {
        this.progress = progress;
      },
    });
  }

  private asLogError(error: unknown): LogError {
    const { directory: path } = this.parts;
    if (this.aborting.signal.aborted && !(error instanceof LogError))
      return new LogError('LOG_REWRITE_ABORTED', `the rewrite of ${path} was given up`, { path });
    return asLogError(error, path, 'rewrite');
  }
}
