import type { SnapshotKeeper } from '@kv/persistence';
import type { Lifecycle as LifecyclePort, Log, Timers } from '@kv/server';

/** How often a shutdown looks whether the save before its own has ended. */
const SAVE_POLL_MS = 10;

/** What is stopped, and how. */
export interface LifecycleParts {
  /** `undefined`: nothing is kept on disk. */
  readonly keeper: Pick<SnapshotKeeper, 'dirty' | 'saving' | 'save' | 'close'> | undefined;
  /** `undefined`: no log is kept, nor can one be begun. */
  readonly appendLog: { abortRewrite(): Promise<void>; close(): Promise<void> } | undefined;
  /** Whether a shutdown saves when nobody says so: there are save points. */
  readonly savesByDefault: () => boolean;
  /** Takes the leave of the clients. */
  readonly closeServer: () => Promise<void>;
  /** What comes after everything else: the lock, the sweep. */
  readonly release: () => void;
  readonly timers: Timers;
  readonly log: Log;
}

/** How to stop. */
export interface ShutdownOptions {
  /** Default: when there are save points. */
  readonly save?: boolean | undefined;
  /** Stop even if the save fails. */
  readonly force?: boolean;
}

/**
 * The end of a daemon, whoever asks for it, and however often. While it loads, the load
 * is given up. Otherwise the data is saved first, while clients are still served: if
 * that fails, nothing has been given up, and the daemon goes on. Then the clients are
 * answered and sent away, and what they changed during that save is saved too.
 */
export class Lifecycle implements LifecyclePort {
  /** Resolves when the daemon has stopped; rejects when the last changes could not be saved. */
  readonly stopped: Promise<void>;
  private readonly parts: LifecycleParts;
  private readonly outcome: PromiseWithResolvers<void>;
  private readonly load = new AbortController();
  private phase: 'starting' | 'serving' | 'saving' | 'closing' = 'starting';
  private hasLoaded = false;
  private stopping: Promise<void> | undefined;
  private abandoned = false;

  constructor(parts: LifecycleParts) {
    this.parts = parts;
    this.outcome = Promise.withResolvers<void>();
    this.stopped = this.outcome.promise;
    // Whoever waits for it is told; nobody has to.
    this.stopped.catch(() => {});
  }

  /** To the end, where the data never came to be there as a whole: nobody is to see a part of it. */
  get loading(): boolean {
    return !this.hasLoaded;
  }

  /** Aborted when the daemon is stopped before it has loaded. */
  get loadSignal(): AbortSignal {
    return this.load.signal;
  }

  /** The data is there. */
  loaded(): void {
    this.hasLoaded = true;
    this.phase = 'serving';
  }

  /** Rejects when the save fails: the daemon goes on then, and may be asked again. */
  shutdown({ save, force = false }: ShutdownOptions = {}): Promise<void> {
    if (this.phase === 'saving' && save === false) this.abandonSave();
    this.stopping ??= this.run(save, force).catch((error) => {
      if (this.phase !== 'closing') this.stopping = undefined;
      throw error;
    });
    return this.stopping;
  }

  /** Gives everything back after a start that failed. */
  async abort(): Promise<void> {
    this.phase = 'closing';
    await this.parts.closeServer();
    await this.parts.keeper?.close({ running: 'abort' });
    // Why the start failed is told already.
    await this.parts.appendLog?.close().catch(() => undefined);
    this.parts.release();
  }

  private async run(asked: boolean | undefined, force: boolean): Promise<void> {
    const { log } = this.parts;
    const saves = !this.loading && (asked ?? this.parts.savesByDefault());
    this.load.abort();
    // A save must not wait for a rewrite that nobody needs any more.
    void this.parts.appendLog?.abortRewrite();
    if (saves) await this.saveWhileServing(force);
    this.phase = 'closing';
    log.info({}, 'shutting down');
    await this.parts.closeServer();
    const unsaved = await this.closeKeeper(saves && !this.abandoned, asked === false);
    const lost = (await this.closeLog()) ?? unsaved;
    this.parts.release();
    if (lost !== undefined && !force) {
      this.outcome.reject(lost);
      throw lost;
    }
    log.info({}, 'bye');
    this.outcome.resolve();
  }

  private async saveWhileServing(force: boolean): Promise<void> {
    this.phase = 'saving';
    try {
      await this.saveOnce();
    } catch (error) {
      if (this.abandoned) return;
      const { log, keeper } = this.parts;
      const fields = { err: error, changes: keeper?.dirty };
      if (force) {
        log.error(fields, 'could not save before the shutdown; stopping all the same, as asked');
        return;
      }
      this.phase = 'serving';
      log.error(
        fields,
        'still running, so that nothing is lost: the save before the shutdown failed. Make room and ask again, or give up the changes with `kvd shutdown nosave`',
      );
      throw error;
    }
  }

  /** A save that is under way may hold an older state: it is waited for, and if so another one follows. */
  private async saveOnce(): Promise<void> {
    const { keeper, timers } = this.parts;
    while (keeper !== undefined && keeper.dirty > 0 && !this.abandoned) {
      try {
        await keeper.save();
        return;
      } catch (error) {
        const { code } = error as { code?: string };
        // A flush aborts a save, and starts another itself if there are save points.
        if (code !== 'SAVE_IN_PROGRESS' && code !== 'SAVE_ABORTED') throw error;
        await new Promise<void>((resolve) => timers.setTimeout(resolve, SAVE_POLL_MS));
      }
    }
  }

  /** SHUTDOWN NOSAVE while a shutdown saves: whoever says so does not want to wait for it. */
  private abandonSave(): void {
    this.abandoned = true;
    this.parts.log.warn({}, 'the save before the shutdown is given up, as asked');
    void this.parts.keeper?.close({ running: 'abort' });
  }

  /** The log is made durable, whatever is saved; answers why it could not be. */
  private async closeLog(): Promise<unknown> {
    const { appendLog, log } = this.parts;
    try {
      await appendLog?.close();
      return undefined;
    } catch (error) {
      log.error({ err: error }, 'the last changes could not be written to the append-only log');
      return error;
    }
  }

  /** Answers why what has changed since the last save could not be saved, if it could not. */
  private async closeKeeper(saves: boolean, aborts: boolean): Promise<unknown> {
    const { keeper, log } = this.parts;
    if (keeper === undefined) return undefined;
    if (saves && keeper.dirty > 0) {
      try {
        await keeper.close({ running: 'save' });
        return undefined;
      } catch (error) {
        log.error({ err: error, changes: keeper.dirty }, 'the last changes could not be saved');
        await keeper.close({ running: 'abort' });
        return error;
      }
    }
    // A save that somebody asked for is finished, also where a shutdown starts none.
    await keeper.close({ running: aborts ? 'abort' : 'wait' });
    return undefined;
  }
}
