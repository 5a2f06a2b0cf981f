import { join } from 'node:path';
import {
  AppendLog,
  type Environment,
  type Exclusively,
  type FsyncPolicy,
  type LogLoadProgress,
  nodeFileSystem,
  type RewriteThreshold,
} from '@kv/persistence';
import type { AppendOnlyLog, Log } from '@kv/server';
import type { Engine } from './engine.ts';
import { LOG_DIRECTORY } from './log-directory.ts';
import { logLogEvent } from './log-events.ts';

export interface KeptLogOptions {
  /** The data directory. */
  readonly directory: string;
  readonly environment: Partial<Environment>;
  readonly engine: Engine;
  readonly fsync: FsyncPolicy;
  readonly rewriteAt: RewriteThreshold;
  readonly exclusively: Exclusively;
  readonly log: Log;
}

/** The daemon's append-only log, which may begin and end while it runs. */
export class KeptLog implements AppendOnlyLog {
  private readonly options: KeptLogOptions;
  private kept: AppendLog | undefined;
  private fsync: FsyncPolicy;
  private rewriteAt: RewriteThreshold;
  private turning: Promise<void> = Promise.resolve();
  /** A snapshot takes its place, which does not hold what changes from now on. */
  ending = false;

  protected constructor(options: KeptLogOptions) {
    this.options = options;
    this.fsync = options.fsync;
    this.rewriteAt = options.rewriteAt;
  }

  /** Looks whether there is a log, whatever the options say: it holds what was acknowledged. */
  static async open(options: KeptLogOptions): Promise<KeptLog> {
    const log = new KeptLog(options);
    const { directory, environment } = options;
    const names = await (environment.fs ?? nodeFileSystem).listFiles(directory);
    if (names.includes(LOG_DIRECTORY)) await log.openLog();
    return log;
  }

  /** Whether there is a log on disk. */
  get exists(): boolean {
    return this.kept?.exists === true;
  }

  get enabled(): boolean {
    return this.kept?.enabled === true;
  }

  get holds(): boolean {
    return this.kept?.holds === true;
  }

  get failure(): string | undefined {
    const failure = this.kept?.failure;
    // What the system says, without the path, which is none of a client's business.
    return failure && describe(failure.cause ?? failure);
  }

  get bytes(): number {
    return this.kept?.bytes ?? 0;
  }

  get baseBytes(): number {
    return this.kept?.baseBytes ?? 0;
  }

  get rewriting(): boolean {
    return this.kept?.rewriteProgress !== undefined;
  }

  get lastRewriteOk(): boolean {
    return this.lastRewriteError === undefined;
  }

  get lastRewriteError(): string | undefined {
    return this.kept?.lastRewriteError?.message;
  }

  get lastRewriteMs(): number | undefined {
    return this.kept?.lastRewriteMs;
  }

  whenReleased(released: (safe: boolean) => void): void {
    if (this.kept === undefined) released(true);
    else this.kept.whenReleased(released);
  }

  whenDurable(released: (safe: boolean) => void): void {
    if (this.kept === undefined) released(false);
    else this.kept.whenDurable(this.kept.position, released);
  }

  async rewrite(): Promise<void> {
    await this.kept?.rewrite();
  }

  /** How the log is made durable from now on. */
  policy(fsync: FsyncPolicy): void {
    this.fsync = fsync;
    if (this.kept !== undefined) this.kept.fsync = fsync;
  }

  /** When it is rewritten by itself from now on. */
  threshold(rewriteAt: RewriteThreshold): void {
    this.rewriteAt = rewriteAt;
    if (this.kept !== undefined) this.kept.rewriteAt = rewriteAt;
  }

  /** Replays the log into the engine. */
  async load(onProgress: (progress: LogLoadProgress) => void): Promise<void> {
    const { log, engine } = this.options;
    const loaded = await this.kept?.load(engine, { onProgress });
    if (loaded === undefined) return;
    const { entries, effects, segments, durationMs } = loaded;
    log.info(
      {
        path: this.kept?.directory,
        entries,
        effects,
        segments,
        durationMs: Math.round(durationMs),
      },
      'append-only log loaded',
    );
  }

  /**
   * Begins to keep a log, with a base of what the engine holds where none was loaded. Resolves when what is
   * written from now on survives.
   */
  async begin(): Promise<void> {
    const kept = this.kept ?? (await this.openLog());
    this.options.engine.effects = kept.effects;
    try {
      await kept.begin();
    } catch (error) {
      this.options.engine.effects = undefined;
      this.kept = undefined;
      await kept.close().catch(() => undefined);
      throw error;
    }
  }

  /** Ends the log and removes it; `saved` has seen to it that a snapshot holds everything by then. */
  async end(save: () => Promise<unknown>): Promise<void> {
    const { kept } = this;
    if (kept === undefined) return;
    this.ending = true;
    try {
      await kept.abortRewrite();
      await save();
      await kept.end(() => {
        this.options.engine.effects = undefined;
        this.kept = undefined;
      });
    } finally {
      this.ending = false;
    }
    this.options.log.info({}, 'append-only log ended; the snapshot has what it held');
  }

  /** CONFIG SET appendonly: one turn after the other, in the background. */
  turn(on: boolean, save: () => Promise<unknown>): void {
    const { log } = this.options;
    this.turning = this.turning
      .then(() => {
        if (on === (this.kept !== undefined)) return undefined;
        return on ? this.begin() : this.end(save);
      })
      .catch((error) =>
        log.error(
          { err: error },
          `appendonly could not be set to ${on ? 'yes' : 'no'}; set it again`,
        ),
      );
  }

  /** A shutdown needs the engine's view for its own save. */
  abortRewrite(): Promise<void> {
    return this.kept?.abortRewrite() ?? Promise.resolve();
  }

  /** Makes everything durable. Rejects when that failed; it is closed all the same. */
  async close(): Promise<void> {
    // A log that is being ended is gone by then, or goes on.
    await this.turning;
    const { kept } = this;
    if (kept === undefined) return;
    // After a failure the last that can be done is to write everything anew. Why that fails is told as an event.
    if (kept.failure !== undefined) await kept.rewrite().catch(() => undefined);
    await kept.close();
  }

  private async openLog(): Promise<AppendLog> {
    const { directory, environment, engine, exclusively, log } = this.options;
    this.kept = await AppendLog.open({
      ...environment,
      directory: join(directory, LOG_DIRECTORY),
      source: engine,
      fsync: this.fsync,
      rewriteAt: this.rewriteAt,
      exclusively,
      onEvent: (event) => logLogEvent(log, event),
    });
    return this.kept;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For a server that keeps nothing on disk. */
export const noLog: AppendOnlyLog = {
  enabled: false,
  ending: false,
  holds: false,
  failure: undefined,
  bytes: 0,
  baseBytes: 0,
  rewriting: false,
  lastRewriteOk: true,
  lastRewriteError: undefined,
  lastRewriteMs: undefined,
  whenReleased: (released) => released(true),
  whenDurable: (released) => released(false),
  rewrite: async () => undefined,
};
