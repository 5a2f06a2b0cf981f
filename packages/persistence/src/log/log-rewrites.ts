import type { SaveProgress } from '../snapshot-writer.ts';
import type { SaveResult } from '../write-snapshot.ts';
import { LogError } from './log-errors.ts';
import type { LogEvent, RewriteReason } from './log-events.ts';
import { LogRewrite, type LogRewriteOptions } from './log-rewrite.ts';
import type { RewriteTrigger } from './rewrite-trigger.ts';

export interface LogRewritesOptions {
  readonly parts: Pick<LogRewriteOptions, 'directory' | 'options' | 'environment' | 'writer'>;
  /** The highest number that a segment has. */
  readonly lastNumber: number;
  readonly trigger: RewriteTrigger;
  /** Runs another one in place of one that has failed. */
  readonly again: () => void;
  readonly report: (event: LogEvent) => void;
}

/** The rewrites of a log: one at a time, and how the last one went. */
export class LogRewrites {
  /** Why the last one failed; `undefined` when it did not. */
  lastError: LogError | undefined;
  /** How long the last one that succeeded took; `undefined` before the first one. */
  lastDurationMs: number | undefined;
  private running: LogRewrite | undefined;
  /** The highest number of a segment, also of one that never came into use. */
  private lastNumber: number;
  private retry: unknown;
  private ended = false;
  private readonly options: LogRewritesOptions;

  constructor(options: LogRewritesOptions) {
    this.options = options;
    this.lastNumber = options.lastNumber;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** How far the running one has come; `undefined` when none runs. */
  get progress(): SaveProgress | undefined {
    return this.running?.progress;
  }

  /**
   * Runs one. `listed` is told the manifests that it puts on disk, the last of them with the length of the base.
   *
   * @throws LogError `LOG_REWRITE_RUNNING`, `LOG_REWRITE_ABORTED`, `LOG_WRITE_FAILED`
   */
  async run(
    reason: RewriteReason,
    old: LogRewriteOptions['old'],
    listed: (manifest: NonNullable<LogRewriteOptions['old']>, baseBytes?: number) => void,
  ): Promise<SaveResult> {
    const { parts, trigger, report } = this.options;
    const { directory: path } = parts;
    if (this.running !== undefined)
      throw new LogError('LOG_REWRITE_RUNNING', `the log ${path} is being rewritten`, { path });
    const running = new LogRewrite({ ...parts, old, number: ++this.lastNumber, listed });
    this.running = running;
    report({ kind: 'rewrite-started', reason });
    try {
      const { manifest, result } = await running.run();
      listed(manifest, result.bytes);
      this.lastError = undefined;
      this.lastDurationMs = result.durationMs;
      trigger.succeeded();
      report({ kind: 'rewrite-finished', reason, result });
      return result;
    } catch (error) {
      this.failed(error as LogError, reason);
      throw error;
    } finally {
      this.running = undefined;
    }
  }

  private failed(error: LogError, reason: RewriteReason): void {
    const { trigger, report, parts } = this.options;
    if (error.code === 'LOG_REWRITE_ABORTED') {
      report({ kind: 'rewrite-aborted', reason });
      return;
    }
    this.lastError = error;
    trigger.failed();
    report({ kind: 'rewrite-failed', reason, error });
    // Writes are refused until one succeeds, and nothing else would bring it about.
    if (parts.writer.needsRewrite && !this.ended) this.runLater();
  }

  private runLater(): void {
    const { parts, trigger, again } = this.options;
    this.stopWaiting();
    this.retry = parts.environment.timers.setTimeout(() => {
      this.retry = undefined;
      if (parts.writer.needsRewrite) again();
    }, trigger.waitMs);
  }

  private stopWaiting(): void {
    if (this.retry !== undefined) this.options.parts.environment.timers.clearTimeout(this.retry);
    this.retry = undefined;
  }

  /** Gives up the running one, and resolves when it has ended. */
  async abort(): Promise<void> {
    await this.running?.abort();
  }

  /** Gives up the running one, and runs none in place of one that has failed any more. */
  end(): Promise<void> {
    this.ended = true;
    this.stopWaiting();
    return this.abort();
  }
}
