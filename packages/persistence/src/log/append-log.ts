import { ensureDirectory, syncDirectory } from '../directory.ts';
import { type Environment, resolveEnvironment } from '../environment.ts';
import type { SaveProgress } from '../snapshot-writer.ts';
import type { SaveResult } from '../write-snapshot.ts';
import type { EffectBuffer } from './effect-buffer.ts';
import type { EffectSink } from './effect-sink.ts';
import {
  dropUnused,
  filesOf,
  removeFiles,
  removeStrays,
  reopenSegment,
  secure,
  unlist,
} from './log-directory.ts';
import { asLogError, LogError } from './log-errors.ts';
import type { LogEvent, RewriteReason } from './log-events.ts';
import type { AppendLogOptions, RewriteThreshold } from './log-options.ts';
import { LogRewrites } from './log-rewrites.ts';
import { FSYNC_POLICIES, type FsyncPolicy } from './log-sync.ts';
import type { Released } from './log-waiters.ts';
import { LogWriter } from './log-writer.ts';
import { type Manifest, NO_LOG, readManifest, replaceManifest } from './manifest.ts';
import { type LogLoadProgress, type LogLoadResult, readLog } from './read-log.ts';
import { RewriteTrigger } from './rewrite-trigger.ts';

const THRESHOLD: RewriteThreshold = { percentage: 100, minBytes: 64 * 1024 * 1024 };

/**
 * The append-only log of a keyspace: loads it, takes the effects of every change, brings them to the disk as
 * the policy says, and rewrites itself in the background. LOG.md has the files.
 *
 * A directory must have one log at a time, in one process.
 *
 * @example
 * const log = await AppendLog.open({ directory: './data/appendonlydir', source, fsync: 'always' });
 * await log.load(sink);
 * await log.begin();
 * const at = log.effects.put(0, 0, 0, 0, key.length, value.length); // a change
 * log.effects.bytes.set(key, at);
 * log.effects.bytes.set(value, at + key.length);
 * await log.durable(); // it is on disk
 * await log.close();
 */
export class AppendLog implements AsyncDisposable {
  readonly directory: string;
  private readonly options: AppendLogOptions;
  private readonly environment: Environment;
  private readonly writer: LogWriter;
  private readonly trigger: RewriteTrigger;
  private manifest: Manifest | undefined;
  private loaded: LogLoadResult | undefined;
  private readonly rewrites: LogRewrites;
  private baseLength = 0;
  private closing: Promise<void> | undefined;
  private ending = false;

  private constructor(
    options: AppendLogOptions,
    environment: Environment,
    manifest: Manifest | undefined,
  ) {
    this.directory = options.directory;
    this.options = options;
    this.environment = environment;
    this.manifest = manifest;
    const report = (event: LogEvent) => this.report(event);
    this.writer = new LogWriter(environment, options.fsync ?? 'everysec', report, () =>
      this.trigger.look(),
    );
    this.trigger = new RewriteTrigger({
      threshold: options.rewriteAt ?? THRESHOLD,
      monotonic: environment.monotonic,
      sizes: () => ({ bytes: this.bytes, baseBytes: this.baseBytes }),
      isFree: () => this.enabled && !this.rewrites.isRunning && this.closing === undefined,
      // The outcome is an event.
      rewrite: () => void this.startRewrite('growth').catch(() => undefined),
    });
    this.rewrites = new LogRewrites({
      parts: { directory: this.directory, options, environment, writer: this.writer },
      lastNumber: manifest?.segments.at(-1)?.number ?? 0,
      trigger: this.trigger,
      // The outcome is an event.
      again: () => void this.startRewrite('failure').catch(() => undefined),
      report,
    });
  }

  /**
   * Makes the directory, and removes what interrupted rewrites have left. Reads the manifest and no more;
   * `load` reads the rest.
   *
   * @throws LogDamagedError `LOG_DAMAGED`; LogError `LOG_NEWER`, `LOG_READ_FAILED` (file system), `FSYNC_INVALID`
   */
  static async open(options: AppendLogOptions): Promise<AppendLog> {
    const { directory, fsync = 'everysec' } = options;
    if (!FSYNC_POLICIES.includes(fsync))
      throw new LogError('FSYNC_INVALID', `fsync must be one of ${FSYNC_POLICIES.join(', ')}`);
    const environment = resolveEnvironment(options);
    try {
      await ensureDirectory(environment.fs, directory);
      // The names that are there may be in the system's memory only, if a process was killed after a rename.
      await syncDirectory(environment.fs, directory);
      const manifest = await readManifest(environment.fs, directory);
      const strays = await removeStrays(environment, directory, manifest);
      const there = manifest === NO_LOG ? undefined : manifest;
      const log = new AppendLog(options, environment, there);
      for (const fileName of strays) log.report({ kind: 'stray-removed', fileName });
      return log;
    } catch (error) {
      throw asLogError(error, directory, 'read');
    }
  }

  /** Whether there is a log on disk. */
  get exists(): boolean {
    return this.manifest !== undefined;
  }

  /** Whether the log is kept: from `begin` on. */
  get enabled(): boolean {
    return this.writer.promises;
  }

  /** Where changes are put. Only while the log is {@link enabled}, or being begun. */
  get effects(): EffectBuffer {
    return this.writer.effects;
  }

  /** Why nothing is promised at the moment; `undefined` when all is well. */
  get failure(): LogError | undefined {
    return this.writer.promises ? this.writer.failure : undefined;
  }

  get fsync(): FsyncPolicy {
    return this.writer.policy;
  }

  set fsync(policy: FsyncPolicy) {
    this.writer.policy = policy;
  }

  set rewriteAt(threshold: RewriteThreshold) {
    this.trigger.threshold = threshold;
    this.trigger.look();
  }

  /** Bytes of effects so far: what {@link whenDurable} takes. */
  get position(): number {
    return this.writer.position;
  }

  /** Length of all files. */
  get bytes(): number {
    return this.baseLength + this.writer.segmentBytes;
  }

  /** Length of the base. */
  get baseBytes(): number {
    return this.baseLength;
  }

  /** How far a running rewrite has come; `undefined` when none is. */
  get rewriteProgress(): SaveProgress | undefined {
    return this.rewrites.progress;
  }

  /** Why the last rewrite failed; `undefined` when it did not. */
  get lastRewriteError(): LogError | undefined {
    return this.rewrites.lastError;
  }

  /** How long the last rewrite that succeeded took; `undefined` before the first one. */
  get lastRewriteMs(): number | undefined {
    return this.rewrites.lastDurationMs;
  }

  /** Whether replies to what has been executed have to wait for the disk. */
  get holds(): boolean {
    return this.writer.holds;
  }

  /** Calls back when they need not any more; with false if that will not happen. */
  whenReleased(released: Released): void {
    this.writer.whenReleased(released);
  }

  /** Calls back when all up to a position is on disk, and hurries that; with false if that will not happen. */
  whenDurable(position: number, released: Released): void {
    this.writer.whenDurable(position, released);
  }

  /** Resolves when everything so far is on disk; rejects with why it will not be. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.whenDurable(this.position, (safe) => {
        if (safe) resolve();
        else reject(this.failure ?? this.closedError());
      });
    });
  }

  /**
   * Replays the log into a sink; `undefined` when there is none. Changes nothing on disk.
   *
   * @throws as {@link readLog}
   */
  async load(
    sink: EffectSink,
    options: { readonly onProgress?: (progress: LogLoadProgress) => void } = {},
  ): Promise<LogLoadResult | undefined> {
    this.loaded = await readLog(this.directory, sink, { ...this.environment, ...options });
    return this.loaded;
  }

  /**
   * Keeps the log from now on: behind what was loaded, or with a base of what the source holds now. Resolves
   * when the promises hold; what changes while a first base is written is in the log then.
   *
   * @throws LogError `LOG_WRITE_FAILED`, `LOG_REWRITE_ABORTED`
   */
  async begin(): Promise<void> {
    if (this.manifest === undefined) {
      await replaceManifest(this.environment, this.directory, NO_LOG).catch((error) => {
        throw asLogError(error, this.directory, 'write');
      });
      await this.startRewrite('begin');
      return;
    }
    const { loaded, manifest } = this;
    if (loaded === undefined) throw new Error('a log that exists is loaded before it is begun');
    try {
      await this.goOn(loaded, manifest);
    } catch (error) {
      throw asLogError(error, this.directory, 'write');
    }
  }

  private async goOn(
    { tail, unproven, baseBytes, segmentBytes }: LogLoadResult,
    manifest: Manifest,
  ): Promise<void> {
    const { path, offset, tornBytes } = tail;
    await secure(this.environment, unproven);
    const segment = await reopenSegment(this.environment, tail);
    if (tornBytes > 0)
      this.report({ kind: 'tail-cut', path, byteOffset: offset, bytes: tornBytes });
    this.manifest = await dropUnused(this.environment, this.directory, manifest, tail);
    this.baseLength = baseBytes;
    this.writer.adopt(segment);
    this.writer.promise(segmentBytes - offset);
    this.trigger.look();
  }

  /**
   * Writes the log anew, as short as it can be, in the background. It also makes a new promise after an fsync
   * has failed.
   *
   * @throws LogError `LOG_REWRITE_RUNNING`, `LOG_REWRITE_ABORTED`, `LOG_WRITE_FAILED`, `LOG_CLOSED`
   */
  rewrite(): Promise<SaveResult> {
    return this.startRewrite('asked');
  }

  private async startRewrite(reason: RewriteReason): Promise<SaveResult> {
    if (this.closing !== undefined || this.ending) throw this.closedError();
    return await this.rewrites.run(reason, this.manifest, (manifest, baseBytes) => {
      this.manifest = manifest;
      this.baseLength = baseBytes ?? this.baseLength;
    });
  }

  /** Gives up a running rewrite, and resolves when it has ended. The log goes on as it is. */
  async abortRewrite(): Promise<void> {
    await this.rewrites.abort();
  }

  /**
   * Ends the log and removes it: what it held must be elsewhere by now. It is kept until it is no longer on disk,
   * so that what is there is never an old one; `ended` is told that moment, after which it takes nothing more.
   *
   * @throws LogError `LOG_WRITE_FAILED`; it goes on, unless `ended` was told: then a power failure may bring it back
   */
  async end(ended: () => void): Promise<void> {
    const { environment, directory } = this;
    this.ending = true;
    await this.rewrites.abort();
    const { manifest } = this;
    const failure = manifest && (await unlist(environment, directory));
    if (failure?.isListed) {
      this.ending = false;
      throw failure.error;
    }
    ended();
    this.manifest = undefined;
    await this.close().catch(() => undefined);
    if (failure !== undefined) throw failure.error;
    // What can't be removed now is a stray, and goes when the log is opened.
    if (manifest !== undefined)
      await removeFiles(environment, directory, filesOf(manifest)).catch(() => undefined);
  }

  /**
   * Gives up a running rewrite, makes everything durable and closes. Rejects with `LOG_WRITE_FAILED` if that
   * can't be done; it is closed all the same. Again, it joins the first call.
   */
  close(): Promise<void> {
    this.closing ??= this.rewrites.end().then(() => this.writer.close());
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private report(event: LogEvent): void {
    try {
      this.options.onEvent?.(event);
    } catch (error) {
      // A listener that throws is a mistake in the program, and no failure of the disk.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  private closedError(): LogError {
    const path = this.directory;
    return new LogError('LOG_CLOSED', `the log ${path} is not kept`, { path });
  }
}
