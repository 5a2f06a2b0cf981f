/** Jobs that the engine does beside what it was asked for. */
export type BackgroundJob = 'compaction' | 'eviction' | 'expiry';

/** How long the writes that met a background job have waited for it. */
export class Pauses {
  /** The longest turn of each job, in milliseconds. */
  readonly longestMs: Record<BackgroundJob, number> = { compaction: 0, eviction: 0, expiry: 0 };
  private readonly clock: () => number;

  /** @param clock - monotonic milliseconds, with fractions */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** When a turn begins. */
  begin(): number {
    return this.clock();
  }

  /** When it ends. */
  end(job: BackgroundJob, began: number): void {
    const ms = this.clock() - began;
    if (ms > this.longestMs[job]) this.longestMs[job] = ms;
  }
}
