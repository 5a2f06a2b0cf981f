import type { Environment } from '../environment.ts';
import { describe } from '../errors.ts';
import { EffectBuffer, type EffectGroup } from './effect-buffer.ts';
import { LogError } from './log-errors.ts';
import type { LogEvent } from './log-events.ts';
import { LOG_RECORD_BYTES, RECORD_EFFECTS, RECORD_END, RECORD_MARK } from './log-layout.ts';
import {
  BACKLOG_BYTES_MAX,
  GATHER_MS_MAX,
  GATHER_TURNS_MAX,
  LAZY_SYNC_INTERVAL_MS,
  SYNC_INTERVAL_MS,
  SYNC_LATE_MS,
  WRITE_RETRY_MS,
} from './log-limits.ts';
import { LogWaiters, type Released } from './log-waiters.ts';
import type { SegmentFile } from './segment-file.ts';

/** When what was written is made durable: before it is answered, once a second, or when the system likes. */
export type FsyncPolicy = 'always' | 'everysec' | 'no';

/** The end of a segment. `moved` is told whether the log goes on in the next one. */
interface SegmentEnd {
  readonly next: SegmentFile;
  readonly moved: (moved: boolean) => void;
}

/** What is written next. */
type Item = EffectGroup | SegmentEnd;

/** A record without a payload. */
const emptyRecord = () => new Uint8Array(LOG_RECORD_BYTES);

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
  private readonly waiters = new LogWaiters();
  private fsync: FsyncPolicy;
  private segment: SegmentFile | undefined;
  /** Length of the segments before it. */
  private endedBytes = 0;
  private readonly queue: Item[] = [];
  /** Positions up to which effects are in the file, and on the disk. */
  private written = 0;
  private durable = 0;
  /** The position that somebody wants on disk, whatever the policy. */
  private wanted = 0;
  private running: Promise<void> | undefined;
  private syncing: Promise<void> | undefined;
  private syncBegan = Number.NEGATIVE_INFINITY;
  /** How long the last fsync took. */
  private syncMs = 0;
  private syncTimer: unknown;
  private retryTimer: unknown;
  /** The last write has failed. */
  private stalled = false;
  /** An fsync of this segment has failed. */
  private broken = false;
  private closing = false;

  /** @param wrote - called after every write */
  constructor(
    environment: Environment,
    fsync: FsyncPolicy,
    report: (event: LogEvent) => void,
    wrote: () => void,
  ) {
    this.environment = environment;
    this.fsync = fsync;
    this.report = report;
    this.wrote = wrote;
  }

  get policy(): FsyncPolicy {
    return this.fsync;
  }

  set policy(policy: FsyncPolicy) {
    this.fsync = policy;
    if (this.durable < this.written) void this.sync();
  }

  /** The position of the last effect there has been. */
  get position(): number {
    return this.effects.position;
  }

  /** Length of the segment being written, and of those before it that are still part of the log. */
  get segmentBytes(): number {
    return this.endedBytes + (this.segment?.offset ?? 0);
  }

  /** Whether only a rewrite can make a new promise: changes have been dropped, and are in memory alone. */
  get needsRewrite(): boolean {
    return this.promises && (this.broken || this.lastingFailure !== undefined);
  }

  /** Whether replies have to wait: for the disk with `always`, for a disk that is too slow otherwise. */
  get holds(): boolean {
    if (!this.promises || this.failure !== undefined) return false;
    return this.fsync === 'always' ? this.effects.position > this.durable : this.isBehind();
  }

  private isBehind(): boolean {
    if (this.effects.position - this.written > BACKLOG_BYTES_MAX) return true;
    if (this.syncing === undefined || this.fsync !== 'everysec') return false;
    return this.environment.monotonic.now() - this.syncBegan > SYNC_LATE_MS;
  }

  /** Calls back when replies to all that has been executed may be sent. */
  whenReleased(released: Released): void {
    const { position } = this.effects;
    const isReady = () => (this.fsync === 'always' ? this.durable >= position : !this.isBehind());
    if (this.holds) this.waiters.add(isReady, released);
    else released(true);
  }

  /** Calls back when everything up to a position is on disk, and sees to it that it soon is. */
  whenDurable(position: number, released: Released): void {
    const isReady = () => this.durable >= position;
    // A segment may have been begun whose base is not there: what is on disk of it proves nothing yet.
    const isPromised = this.promises && this.failure === undefined;
    if (!isPromised || isReady()) {
      released(isPromised);
      return;
    }
    this.waiters.add(isReady, released);
    this.wanted = Math.max(this.wanted, position);
    if (this.running === undefined && this.durable < this.written) void this.sync();
  }

  /** Begins with a segment, or begins again after a failure: what waited to be written is dropped. */
  adopt(segment: SegmentFile): void {
    const old = this.segment;
    this.lastingFailure = this.failure;
    this.drop();
    this.stopTimers();
    this.segment = segment;
    this.endedBytes = 0;
    this.broken = false;
    this.stalled = false;
    this.written = this.position;
    this.durable = this.position;
    void old?.close();
  }

  /** From now on the log is whole, and its promises hold; `endedBytes` of it are in earlier segments. */
  promise(endedBytes: number): void {
    this.promises = true;
    this.endedBytes = endedBytes;
    this.lastingFailure = undefined;
    if (!this.stalled && !this.broken) this.failure = undefined;
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
    this.stopTimers();
    await this.running;
    this.wake(true);
    await this.running;
    const { segment } = this;
    if (segment !== undefined && !this.broken && !this.stalled) await this.finish(segment);
    this.segment = undefined;
    this.promises = false;
    this.waiters.fail();
    await segment?.close();
    if (this.failure !== undefined) throw this.failure;
  }

  private async finish(segment: SegmentFile): Promise<void> {
    await this.syncAll();
    if (this.broken) return;
    try {
      await segment.append(emptyRecord(), RECORD_MARK);
      await segment.sync();
    } catch (error) {
      await segment.takeBack();
      this.fail('write-failed', error, segment);
    }
  }

  /** There is something to write: at the end of this turn, or, after a failure, when it `retries`. */
  private wake(retries = false): void {
    if (this.running === undefined && (retries || !this.stalled)) this.running = this.run();
  }

  private async run(): Promise<void> {
    await this.environment.yieldToEventLoop();
    if (this.fsync === 'always') await this.gather();
    for (let item = this.nextItem(); item !== undefined; item = this.nextItem()) {
      if (!(await this.perform(item))) break;
      if (this.fsync === 'always' && this.effects.waiting > 0) await this.gather();
    }
    this.running = undefined;
  }

  /**
   * Waits for as many as waited last time, but no longer than an fsync takes: those who were just released are
   * about to write again, and one fsync for all is worth more than two for half of them. A client by itself
   * never waits.
   */
  private async gather(): Promise<void> {
    const { environment, waiters } = this;
    const until = environment.monotonic.now() + Math.min(this.syncMs, GATHER_MS_MAX);
    for (let turns = 0; turns < GATHER_TURNS_MAX && waiters.count < waiters.crowd; turns += 1) {
      if (environment.monotonic.now() >= until) return;
      await environment.yieldToEventLoop();
    }
  }

  private nextItem(): Item | undefined {
    if (this.broken || this.segment === undefined) this.drop();
    return this.queue.shift() ?? this.effects.take();
  }

  /** Writes one item. False: it failed, and nothing further is to be done now. */
  private async perform(item: Item): Promise<boolean> {
    const segment = this.segment as SegmentFile;
    const isEnd = 'next' in item;
    try {
      if (isEnd) await segment.append(emptyRecord(), RECORD_END);
      else await segment.append(item.record, RECORD_EFFECTS);
    } catch (error) {
      if (this.segment !== segment) return true;
      this.queue.unshift(item);
      await this.stall(error, segment);
      return false;
    }
    // Another segment was adopted meanwhile, which needs nothing of this.
    if (this.segment !== segment) return true;
    this.unstall();
    if (isEnd) await this.move(segment, item);
    else await this.added(item);
    return true;
  }

  private async added(group: EffectGroup): Promise<void> {
    this.written = group.position;
    this.effects.giveBack(group);
    this.wrote();
    if (this.fsync === 'always' || this.wanted > this.durable) await this.syncAll();
    else this.syncLater();
    this.waiters.look();
  }

  /** The segment has its end; when that is on disk the next one may be written. */
  private async move(old: SegmentFile, { next, moved }: SegmentEnd): Promise<void> {
    await this.syncAll(true);
    if (this.broken || this.segment !== old) return moved(false);
    this.segment = next;
    this.endedBytes += old.offset;
    await old.close();
    moved(true);
  }

  /** A write failed: no half record may stay, and the same is tried again later. */
  private async stall(error: unknown, segment: SegmentFile): Promise<void> {
    this.stalled = true;
    this.fail('write-failed', error, segment);
    await segment.takeBack();
    if (this.closing || this.segment !== segment) return;
    this.retryTimer = this.environment.timers.setTimeout(() => this.wake(true), WRITE_RETRY_MS);
  }

  private unstall(): void {
    if (!this.stalled) return;
    this.stalled = false;
    this.failure = this.lastingFailure;
    this.report({ kind: 'write-recovered' });
  }

  /** Everything that is in the file goes to the disk; `anyway` also where no effects are new. */
  private async syncAll(anyway = false): Promise<void> {
    const { segment } = this;
    // One that is under way may have begun before the last write.
    await this.syncing;
    const isNeeded = anyway || this.durable < this.written;
    if (isNeeded && !this.broken && this.segment === segment) await this.sync();
  }

  private sync(): Promise<void> {
    this.syncing ??= this.syncOnce().finally(() => {
      this.syncing = undefined;
      this.waiters.look();
      if (this.durable === this.written || this.broken) return;
      if (this.wanted > this.durable) void this.sync();
      else this.syncLater();
    });
    return this.syncing;
  }

  private async syncOnce(): Promise<void> {
    const { segment, written } = this;
    if (segment === undefined) return;
    this.syncBegan = this.environment.monotonic.now();
    try {
      await segment.sync();
    } catch (error) {
      if (this.segment !== segment) return;
      this.broken = true;
      this.drop();
      this.fail('sync-failed', error, segment);
      return;
    }
    this.syncMs = this.environment.monotonic.now() - this.syncBegan;
    if (this.segment === segment) this.durable = written;
  }

  /** By the policy; counted from the beginning of the last one, so that nothing waits for two. */
  private syncLater(): void {
    if (this.syncTimer !== undefined || this.closing) return;
    const { timers, monotonic } = this.environment;
    const interval = this.fsync === 'no' ? LAZY_SYNC_INTERVAL_MS : SYNC_INTERVAL_MS;
    const due = Math.max(0, this.syncBegan + interval - monotonic.now());
    this.syncTimer = timers.setTimeout(
      () => {
        this.syncTimer = undefined;
        if (this.durable < this.written && !this.broken) void this.sync();
      },
      Math.min(interval, due),
    );
  }

  private stopTimers(): void {
    const { timers } = this.environment;
    if (this.syncTimer !== undefined) timers.clearTimeout(this.syncTimer);
    if (this.retryTimer !== undefined) timers.clearTimeout(this.retryTimer);
    this.syncTimer = undefined;
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
