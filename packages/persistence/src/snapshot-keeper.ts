import { join } from 'node:path';
import type { EntrySink } from './entry.ts';
import { type Environment, resolveEnvironment } from './environment.ts';
import { SnapshotError } from './errors.ts';
import type { CloseOptions, SnapshotKeeperOptions } from './keeper-options.ts';
import { RETRY_DELAY_MS } from './limits.ts';
import { prepareDirectory } from './prepare-directory.ts';
import { type LoadProgress, type LoadResult, readSnapshot } from './read-snapshot.ts';
import type { SavePoint } from './save-points.ts';
import { SaveSchedule } from './save-schedule.ts';
import type { SaveReason, SnapshotEvent } from './snapshot-events.ts';
import type { SaveProgress } from './snapshot-writer.ts';
import { type SaveResult, writeSnapshot } from './write-snapshot.ts';

/** One save, from being asked for to having cleaned up. */
interface Run {
  readonly reason: SaveReason;
  readonly abort: AbortController;
  readonly startedAt: number;
  /** Set by `invalidate`: what it saves is no longer what its owner wants saved. */
  invalidated: boolean;
  progress: SaveProgress;
  /** Resolves when the run has ended, well or not. */
  settled: Promise<void>;
}

/**
 * Owns one snapshot file: loads it, saves it when asked and at save points, one save at a time, and
 * knows what `LASTSAVE` and `INFO persistence` want to know.
 *
 * A file must have one keeper at a time, in one process.
 *
 * @example
 * await using keeper = await SnapshotKeeper.open({
 *   directory: './data',
 *   fileName: 'snapshot.kv',
 *   source,
 *   savePoints: parseSavePoints('3600 1 300 100 60 10000'),
 *   onEvent: (event) => console.log(event),
 * });
 * await keeper.load(sink);
 * keeper.changed(); // after every write
 */
export class SnapshotKeeper implements AsyncDisposable {
  /** Path of the snapshot. */
  readonly path: string;
  readonly #options: SnapshotKeeperOptions;
  readonly #environment: Environment;
  readonly #schedule: SaveSchedule;
  #run: Run | undefined;
  #dirty = 0;
  #lastSaveAt: number;
  #lastError: SnapshotError | undefined;
  #lastDurationMs: number | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  private constructor(options: SnapshotKeeperOptions, environment: Environment) {
    this.path = join(options.directory, options.fileName);
    this.#options = options;
    this.#environment = environment;
    this.#lastSaveAt = Math.floor(environment.clock.now() / 1000);
    this.#schedule = new SaveSchedule({
      points: options.savePoints ?? [],
      monotonic: environment.monotonic,
      timers: environment.timers,
      onDue: () => void this.#start('save-point').catch(() => undefined),
    });
  }

  /**
   * Makes the directory, removes temporary files that saves of a process that died have left, and
   * proves that files can be made. Reads nothing; `load` does.
   *
   * @throws SnapshotError `FILE_NAME_INVALID`, `SNAPSHOT_WRITE_FAILED`.
   */
  static async open(options: SnapshotKeeperOptions): Promise<SnapshotKeeper> {
    const { directory, fileName } = options;
    const environment = resolveEnvironment(options);
    const keeper = new SnapshotKeeper(options, environment);
    const removed = (name: string) => keeper.#report({ kind: 'stray-removed', fileName: name });
    await prepareDirectory(environment, directory, fileName, removed);
    return keeper;
  }

  /** Unix seconds at which the last successful save ended; before the first one, of the start. */
  get lastSaveAt(): number {
    return this.#lastSaveAt;
  }

  /** Changes since the last successful save; those made during a save stay counted. */
  get dirty(): number {
    return this.#dirty;
  }

  /** Whether a save is running, or cleaning up after itself. */
  get saving(): boolean {
    return this.#run !== undefined;
  }

  /** Whether the last save that was not aborted succeeded; true before the first one. */
  get lastSaveOk(): boolean {
    return this.#lastError === undefined;
  }

  /** Why the last save failed; `undefined` when it did not. */
  get lastError(): SnapshotError | undefined {
    return this.#lastError;
  }

  /** How long the last successful save took, in milliseconds; `undefined` before the first one. */
  get lastDurationMs(): number | undefined {
    return this.#lastDurationMs;
  }

  /** How far the running save has come, and for how long it has run; `undefined` when none does. */
  get progress(): (SaveProgress & { readonly elapsedMs: number }) | undefined {
    if (this.#run === undefined) return undefined;
    const elapsedMs = this.#environment.monotonic.now() - this.#run.startedAt;
    return { ...this.#run.progress, elapsedMs };
  }

  get savePoints(): readonly SavePoint[] {
    return this.#schedule.points;
  }

  /** Takes effect at once, for changes already counted too (`CONFIG SET save`). */
  set savePoints(points: readonly SavePoint[]) {
    if (this.#closed) throw this.#closedError();
    this.#schedule.points = points;
  }

  /**
   * Loads the snapshot into `sink`; `undefined` when there is none yet. Errors are those of
   * `readSnapshot`.
   */
  load(
    sink: EntrySink,
    options: { readonly onProgress?: (progress: LoadProgress) => void } = {},
  ): Promise<LoadResult | undefined> {
    return readSnapshot(this.path, sink, { ...this.#environment, onProgress: options.onProgress });
  }

  /**
   * Saves the entries as they are now: the source is frozen before this returns, unless an invalidated
   * save has yet to clean up, or other work has frozen it, which are waited for first.
   *
   * @throws SnapshotError `SAVE_IN_PROGRESS`, `SAVE_ABORTED` (by `invalidate` or `close`),
   * `SNAPSHOTS_CLOSED`, and those of `writeSnapshot`.
   */
  save(): Promise<SaveResult> {
    return this.#start('asked');
  }

  /** Counts `n` changes. Cheap enough to be called for every write. */
  changed(n = 1): void {
    this.#dirty += n;
    if (!this.#closed) this.#schedule.changed(this.#dirty);
  }

  /**
   * To be called when the whole keyspace is flushed: a save that runs shows entries from before, and
   * must not bring them back. It is aborted, and whoever waits for it gets `SAVE_ABORTED`; if there are
   * save points, another save starts as soon as it has cleaned up. The flush counts as one change, so
   * that without a running save the save points decide when it reaches the disk, as for any write.
   *
   * A save whose rename is already under way cannot be stopped. It succeeds, as the save before the
   * flush that it is, and the next one starts likewise.
   */
  invalidate(): void {
    this.changed();
    const run = this.#run;
    if (run === undefined) return;
    run.invalidated = true;
    this.#schedule.hurry();
    run.abort.abort(new Error('the entries being saved were flushed'));
  }

  /**
   * Ends automatic saves and then, as `running` says, waits for a running save, aborts it, or aborts it
   * and saves the present state. When that last save fails, the promise rejects and the keeper stays
   * open, so that nothing is lost by trying again. Calls while it closes, and after, join the first.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.running ?? 'wait').catch((error) => {
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  /** Waits for a running save. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(running: 'wait' | 'abort' | 'save'): Promise<void> {
    if (running !== 'wait') this.#run?.abort.abort(new Error('the snapshot is being closed'));
    if (running === 'save') {
      while (this.#run !== undefined) await this.#run.settled;
      await this.#start('closing');
    }
    this.#closed = true;
    this.#schedule.pause();
    await this.#run?.settled;
  }

  async #start(reason: SaveReason): Promise<SaveResult> {
    if (this.#closed) throw this.#closedError();
    const predecessor = this.#run;
    if (predecessor !== undefined && !predecessor.invalidated) {
      const message = `a save of ${this.path} is in progress`;
      throw new SnapshotError('SAVE_IN_PROGRESS', message, { path: this.path });
    }
    const run: Run = {
      reason,
      abort: new AbortController(),
      startedAt: this.#environment.monotonic.now(),
      invalidated: false,
      progress: { entries: 0, entriesExpected: 0, bytes: 0 },
      settled: Promise.resolve(),
    };
    this.#run = run;
    this.#schedule.pause();
    const saved = this.#perform(run, predecessor);
    run.settled = saved.then(
      () => undefined,
      () => undefined,
    );
    return await saved;
  }

  async #perform(run: Run, predecessor: Run | undefined): Promise<SaveResult> {
    if (predecessor !== undefined) await predecessor.settled;
    const { reason } = run;
    const { exclusively = (work) => work() } = this.#options;
    this.#report({ kind: 'save-started', reason });
    try {
      return await exclusively(() => this.#write(run));
    } catch (error) {
      this.#failed(run, error as SnapshotError);
      throw error;
    } finally {
      // A successor waits for this run, and is `#run` already.
      if (this.#run === run) this.#run = undefined;
      if (this.#run === undefined && !this.#closed) this.#schedule.resume(this.#dirty);
    }
  }

  async #write(run: Run): Promise<SaveResult> {
    const dirtyAtFreeze = this.#dirty;
    const result = await writeSnapshot(this.path, this.#options.source, {
      ...this.#environment,
      sliceMs: this.#options.sliceMs,
      signal: run.abort.signal,
      onProgress: (progress) => {
        run.progress = progress;
      },
    });
    this.#succeeded(run, result, dirtyAtFreeze);
    return result;
  }

  #succeeded(run: Run, result: SaveResult, dirtyAtFreeze: number): void {
    this.#dirty -= dirtyAtFreeze;
    this.#lastSaveAt = Math.floor(this.#environment.clock.now() / 1000);
    this.#lastDurationMs = result.durationMs;
    this.#lastError = undefined;
    this.#schedule.saved();
    if (run.invalidated) this.#schedule.hurry();
    this.#report({ kind: 'save-finished', reason: run.reason, result });
  }

  #failed(run: Run, error: SnapshotError): void {
    const { reason } = run;
    if (error.code === 'SAVE_ABORTED') {
      this.#report({ kind: 'save-aborted', reason });
      return;
    }
    const retryDelayMs = this.#options.retryDelayMs ?? RETRY_DELAY_MS;
    this.#lastError = error;
    this.#schedule.failed(retryDelayMs);
    this.#report({ kind: 'save-failed', reason, error, retryDelayMs });
  }

  /** A listener that throws is a mistake in the program, and must not turn a good save into a bad one. */
  #report(event: SnapshotEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #closedError(): SnapshotError {
    const message = `the snapshots of ${this.path} are closed`;
    return new SnapshotError('SNAPSHOTS_CLOSED', message, { path: this.path });
  }
}
