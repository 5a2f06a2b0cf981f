import type { Environment } from '../environment.ts';
import { RECORD_EFFECTS } from './log-layout.ts';
import {
  LAZY_SYNC_INTERVAL_MS,
  SLOW_WRITES_MS,
  SYNC_INTERVAL_MS,
  SYNC_LATE_MS,
  SYNC_NOW_MS_MAX,
  WRITE_NOW_BYTES_MAX,
  WRITE_NOW_MS_MAX,
} from './log-limits.ts';
import type { SegmentFile } from './segment-file.ts';

/** When what was written is made durable: before it is answered, once a second, or when the system likes. */
export const FSYNC_POLICIES = ['always', 'everysec', 'no'] as const;

/** One of {@link FSYNC_POLICIES}. */
export type FsyncPolicy = (typeof FSYNC_POLICIES)[number];

/** Who hears of it. */
export interface LogSyncOwner {
  /** One is over; `durable` says what it has brought. */
  synced(): void;
  /** One has failed, which is final for its segment. */
  syncFailed(error: unknown, segment: SegmentFile): void;
}

/** Makes what is in a segment durable, one fsync at a time, when the policy or somebody who waits wants it. */
export class LogSync {
  /** Positions up to which effects are in the file, and on the disk. */
  written = 0;
  durable = 0;
  /** An fsync of this segment has failed: what the system holds of it is not known, and no further one shows it. */
  broken = false;
  /** How long the last one took. */
  tookMs = Number.POSITIVE_INFINITY;
  private policy: FsyncPolicy;
  private current: SegmentFile | undefined;
  private readonly environment: Environment;
  private readonly owner: LogSyncOwner;
  /** The position that somebody wants on disk, whatever the policy. */
  private wanted = 0;
  private running: Promise<void> | undefined;
  private beganAt = Number.NEGATIVE_INFINITY;
  /** When the event loop may wait for a write again. */
  private quickFrom = Number.NEGATIVE_INFINITY;
  private timer: unknown;
  private stopped = false;

  constructor(environment: Environment, policy: FsyncPolicy, owner: LogSyncOwner) {
    this.environment = environment;
    this.policy = policy;
    this.owner = owner;
  }

  get fsync(): FsyncPolicy {
    return this.policy;
  }

  set fsync(policy: FsyncPolicy) {
    this.policy = policy;
    if (this.durable < this.written) void this.begin();
  }

  /** The segment that is being written. */
  get segment(): SegmentFile | undefined {
    return this.current;
  }

  /** Goes over to a segment; everything up to a position is on disk, or will be by other means. */
  adopt(segment: SegmentFile, position: number): void {
    this.current = segment;
    this.broken = false;
    this.written = position;
    this.durable = position;
    this.cancel();
  }

  /** Goes on with the next segment: the one before is on disk. */
  follow(segment: SegmentFile): void {
    this.current = segment;
  }

  /** One that `everysec` has begun takes so long that clients have to wait for it. */
  get isLate(): boolean {
    if (this.running === undefined || this.policy !== 'everysec') return false;
    return this.environment.monotonic.now() - this.beganAt > SYNC_LATE_MS;
  }

  /**
   * Whether the event loop waits for the disk: where nobody is answered before the disk has answered, and if that
   * was soon the last time. It spares two ways to another thread and back.
   */
  get isWaitedFor(): boolean {
    return this.policy === 'always' && this.tookMs <= SYNC_NOW_MS_MAX;
  }

  /** Adds a record to the segment. */
  async append(record: Uint8Array): Promise<void> {
    const { monotonic } = this.environment;
    const segment = this.segment as SegmentFile;
    const now = record.length <= WRITE_NOW_BYTES_MAX && this.isTakenAtOnce;
    const beganAt = monotonic.now();
    await segment.append(record, RECORD_EFFECTS, { now, intoRoom: this.policy === 'always' });
    const endedAt = monotonic.now();
    if (now && endedAt - beganAt > WRITE_NOW_MS_MAX) this.quickFrom = endedAt + SLOW_WRITES_MS;
  }

  /** Whether the event loop waits for a write. Behind an fsync of the same file it may take as long as that does. */
  private get isTakenAtOnce(): boolean {
    if (this.policy === 'always') return this.isWaitedFor;
    return this.running === undefined && this.environment.monotonic.now() >= this.quickFrom;
  }

  /** Somebody wants everything up to a position on disk. `isWriting`: the writer will see to it. */
  want(position: number, isWriting: boolean): void {
    this.wanted = Math.max(this.wanted, position);
    if (!isWriting && this.durable < this.written) void this.begin();
  }

  /** Everything up to a position is in the file now. Resolves when that is as durable as it has to be. */
  async wrote(position: number): Promise<void> {
    this.written = position;
    if (this.policy === 'always' || this.wanted > this.durable) await this.all();
    else this.later();
  }

  /** Everything that is in the file goes to the disk; `anyway` also where no effects are new. */
  async all(anyway = false): Promise<void> {
    const { segment } = this;
    // One that is under way may have begun before the last write.
    await this.running;
    const isNeeded = anyway || this.durable < this.written;
    if (isNeeded && !this.broken && this.segment === segment) await this.begin();
  }

  /** None will be begun by itself any more. */
  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** There is no segment any more. */
  end(): SegmentFile | undefined {
    const { current } = this;
    this.current = undefined;
    return current;
  }

  private begin(): Promise<void> {
    this.running ??= this.once().finally(() => {
      this.running = undefined;
      this.owner.synced();
      if (this.durable === this.written || this.broken) return;
      if (this.wanted > this.durable) void this.begin();
      else this.later();
    });
    return this.running;
  }

  private async once(): Promise<void> {
    const { segment, written } = this;
    const { monotonic } = this.environment;
    if (segment === undefined) return;
    this.beganAt = monotonic.now();
    try {
      await segment.sync(this.isWaitedFor);
    } catch (error) {
      if (this.segment !== segment) return;
      this.broken = true;
      this.owner.syncFailed(error, segment);
      return;
    }
    this.tookMs = monotonic.now() - this.beganAt;
    if (this.segment === segment) this.durable = written;
  }

  /** By the policy; counted from the beginning of the last one, so that nothing waits for two. */
  private later(): void {
    if (this.timer !== undefined || this.stopped) return;
    const { timers, monotonic } = this.environment;
    const interval = this.policy === 'no' ? LAZY_SYNC_INTERVAL_MS : SYNC_INTERVAL_MS;
    const due = Math.max(0, this.beganAt + interval - monotonic.now());
    this.timer = timers.setTimeout(
      () => {
        this.timer = undefined;
        if (this.durable < this.written && !this.broken) void this.begin();
      },
      Math.min(interval, due),
    );
  }

  private cancel(): void {
    if (this.timer !== undefined) this.environment.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
