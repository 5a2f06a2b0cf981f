import type { Environment } from '../environment.ts';
import { describe } from '../errors.ts';
import { EffectBuffer, type EffectGroup } from './effect-buffer.ts';
import { LogError } from './log-errors.ts';
import type { LogEvent } from './log-events.ts';
import { RECORD_END, RECORD_MARK } from './log-layout.ts';
import {
  BACKLOG_BYTES_MAX,
  GATHER_MS_MAX,
  GATHER_TURNS_MAX,
  WRITE_RETRY_MS,
} from './log-limits.ts';
import { type FsyncPolicy, LogSync } from './log-sync.ts';
import { LogWaiters, type Released, type Waiter } from './log-waiters.ts';
import type { SegmentFile } from './segment-file.ts';

/** The end of a segment. `moved` is told whether the log goes on in the next one. */
interface SegmentEnd {
  readonly next: SegmentFile;
  readonly moved: (moved: boolean) => void;
}

/** What is written next. */
type Item = EffectGroup | SegmentEnd;

/**
 * Brings effects to the disk: those of one turn of the event loop together, one write at a time, and with
 * `always` one fsync for all that wait for it (group commit).
 *
 * A failed write is taken back and tried again; a failed fsync is final for its segment. While either holds,
 * `failure` says so, nobody is kept waiting, and nothing is promised.
 */
export class LogWriter {
  readonly effects = new EffectBuffer(() => this.wake());
  /** Why nothing is promised; `undefined` when all is well. */
  failure: LogError | undefined;
  /** What it is to be when writing succeeds again: a failure may be older than the segment. */
  private lastingFailure: LogError | undefined;
  /** Whether a crash now would find a whole log: not before the first one has been begun. */
  promises = false;
  private readonly environment: Environment;
  private readonly report: (event: LogEvent) => void;
  private readonly wrote: () => void;
  private readonly sync: LogSync;
  private readonly waiters = new LogWaiters((waiter) => this.isReady(waiter));
  /** Length of the segments before it. */
  private endedBytes = 0;
  private readonly queue: Item[] = [];
  private running: Promise<void> | undefined;
  private retryTimer: unknown;
  /** The last write has failed. */
  private stalled = false;
  private closing = false;

  /** @param wrote - called after every write */
  constructor(
    environment: Environment,
    fsync: FsyncPolicy,
    report: (event: LogEvent) => void,
    wrote: () => void,
  ) {
    this.environment = environment;
    this.report = report;
    this.wrote = wrote;
    this.sync = new LogSync(environment, fsync, {
      synced: () => this.waiters.look(),
      syncFailed: (error, segment) => {
        this.drop();
        this.fail('sync-failed', error, segment);
      },
    });
  }

  get policy(): FsyncPolicy {
    return this.sync.fsync;
  }

  set policy(policy: FsyncPolicy) {
    this.sync.fsync = policy;
  }

  /** The position of the last effect there has been. */
  get position(): number {
    return this.effects.position;
  }

  /** Length of the segment being written, and of those before it that are still part of the log. */
  get segmentBytes(): number {
    return this.endedBytes + (this.sync.segment?.offset ?? 0);
  }

  /** Whether only a rewrite can make a new promise: changes have been dropped, and are in memory alone. */
  get needsRewrite(): boolean {
    return this.promises && (this.sync.broken || this.lastingFailure !== undefined);
  }

  /** Whether replies have to wait: for the disk with `always`, for a disk that is too slow otherwise. */
  get holds(): boolean {
    if (!this.promises || this.failure !== undefined) return false;
    return this.policy === 'always' ? this.effects.position > this.sync.durable : this.isBehind();
  }

  private isBehind(): boolean {
    return this.effects.position - this.sync.written > BACKLOG_BYTES_MAX || this.sync.isLate;
  }

  /** Calls back when replies to all that has been executed may be sent. */
  whenReleased(released: Released): void {
    if (!this.holds) released(true);
    else this.waiters.add({ position: this.effects.position, onDisk: false, released });
  }

  private isReady({ position, onDisk }: Waiter): boolean {
    return onDisk || this.policy === 'always' ? this.sync.durable >= position : !this.isBehind();
  }

  /** Calls back when everything up to a position is on disk, and sees to it that it soon is. */
  whenDurable(position: number, released: Released): void {
    // A segment may have been begun whose base is not there: what is on disk of it proves nothing yet.
    const isPromised = this.promises && this.failure === undefined;
    if (!isPromised || this.sync.durable >= position) {
      released(isPromised);
      return;
    }
    this.waiters.add({ position, onDisk: true, released });
    this.sync.want(position, this.running !== undefined);
  }

  /** Begins with a segment, or begins again after a failure: what waited to be written is dropped. */
  adopt(segment: SegmentFile): void {
    const old = this.sync.segment;
    this.lastingFailure = this.failure;
    this.drop();
    this.stopRetrying();
    this.sync.adopt(segment, this.position);
    this.endedBytes = 0;
    this.stalled = false;
    void old?.close();
  }

  /** From now on the log is whole, and its promises hold; `endedBytes` of it are in earlier segments. */
  promise(endedBytes: number): void {
    this.promises = true;
    this.endedBytes = endedBytes;
    this.lastingFailure = undefined;
    if (!this.stalled && !this.sync.broken) this.failure = undefined;
  }

  /**
   * What changes from this moment on goes to the next segment. Resolves with true when the old one is on disk,
   * or with false when that has failed for good; a disk that is full is waited for.
   */
  switchTo(next: SegmentFile): Promise<boolean> {
    return new Promise((moved) => {
      for (let group = this.effects.take(); group; group = this.effects.take())
        this.queue.push(group);
      this.queue.push({ next, moved });
      this.wake();
    });
  }

  /** Writes and syncs what there is, marks the good order, and closes. Rejects if that failed. */
  async close(): Promise<void> {
    this.closing = true;
    this.stopRetrying();
    this.sync.stop();
    await this.running;
    this.wake(true);
    await this.running;
    const { segment } = this.sync;
    if (segment !== undefined && !this.sync.broken && !this.stalled) await this.finish(segment);
    this.sync.end();
    this.promises = false;
    this.waiters.fail();
    await segment?.close();
    if (this.failure !== undefined) throw this.failure;
  }

  private async finish(segment: SegmentFile): Promise<void> {
    await this.sync.all();
    if (this.sync.broken) return;
    try {
      await segment.finish(RECORD_MARK);
      await segment.sync(this.sync.isWaitedFor);
    } catch (error) {
      await segment.trim();
      this.fail('write-failed', error, segment);
    }
  }

  /** There is something to write: at the end of this turn, or, after a failure, when it `retries`. */
  private wake(retries = false): void {
    if (this.running === undefined && (retries || !this.stalled)) this.running = this.run();
  }

  private async run(): Promise<void> {
    await this.environment.yieldToEventLoop();
    if (this.policy === 'always') await this.gather();
    for (let item = this.nextItem(); item !== undefined; item = this.nextItem()) {
      if (!(await this.perform(item))) break;
      if (this.policy === 'always' && this.effects.waiting > 0) await this.gather();
    }
    this.running = undefined;
  }

  /**
   * Waits for as many as waited last time, but no longer than an fsync takes: those who were just released are
   * about to write again, and one fsync for all is worth more than two for half of them. A client by itself
   * never waits.
   */
  private async gather(): Promise<void> {
    const { environment, waiters, sync } = this;
    const until = environment.monotonic.now() + Math.min(sync.tookMs, GATHER_MS_MAX);
    for (let turns = 0; turns < GATHER_TURNS_MAX && waiters.count < waiters.crowd; turns += 1) {
      if (environment.monotonic.now() >= until) return;
      await environment.yieldToEventLoop();
    }
  }

  private nextItem(): Item | undefined {
    if (this.sync.broken || this.sync.segment === undefined) this.drop();
    return this.queue.shift() ?? this.effects.take();
  }

  /** Writes one item. False: it failed, and nothing further is to be done now. */
  private async perform(item: Item): Promise<boolean> {
    const segment = this.sync.segment as SegmentFile;
    const isEnd = 'next' in item;
    try {
      if (isEnd) await segment.finish(RECORD_END);
      else await this.sync.append(item.record);
    } catch (error) {
      if (this.sync.segment !== segment) return true;
      this.queue.unshift(item);
      await this.stall(error, segment);
      return false;
    }
    // Another segment was adopted meanwhile, which needs nothing of this.
    if (this.sync.segment !== segment) return true;
    this.unstall();
    if (isEnd) await this.move(segment, item);
    else await this.added(item);
    return true;
  }

  private async added(group: EffectGroup): Promise<void> {
    this.effects.giveBack(group);
    this.wrote();
    await this.sync.wrote(group.position);
    this.waiters.look();
  }

  /** The segment has its end; when that is on disk the next one may be written. */
  private async move(old: SegmentFile, { next, moved }: SegmentEnd): Promise<void> {
    await this.sync.all(true);
    if (this.sync.broken || this.sync.segment !== old) return moved(false);
    this.sync.follow(next);
    this.endedBytes += old.offset;
    await old.close();
    moved(true);
  }

  /** A write failed: no half record may stay, and the same is tried again later. */
  private async stall(error: unknown, segment: SegmentFile): Promise<void> {
    this.stalled = true;
    this.fail('write-failed', error, segment);
    await segment.trim();
    if (this.closing || this.sync.segment !== segment) return;
    this.retryTimer = this.environment.timers.setTimeout(() => this.wake(true), WRITE_RETRY_MS);
  }

  private unstall(): void {
    if (!this.stalled) return;
    this.stalled = false;
    this.failure = this.lastingFailure;
    this.report({ kind: 'write-recovered' });
  }

  private stopRetrying(): void {
    if (this.retryTimer !== undefined) this.environment.timers.clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
  }

  /** Nothing is promised any more: whoever waits is told, and the first time it is reported. */
  private fail(kind: 'write-failed' | 'sync-failed', cause: unknown, { path }: SegmentFile): void {
    const what = kind === 'write-failed' ? 'written' : 'made durable';
    const message = `${path} could not be ${what}: ${describe(cause)}`;
    const isNews = this.failure === undefined || kind === 'sync-failed';
    this.failure = new LogError('LOG_WRITE_FAILED', message, { path, cause });
    this.waiters.fail();
    if (isNews) this.report({ kind, error: this.failure });
  }

  /** What waits to be written never will be: it is in memory, and a rewrite finds it there. */
  private drop(): void {
    for (const item of this.queue.splice(0)) if ('next' in item) item.moved(false);
    while (this.effects.take() !== undefined);
  }
}
