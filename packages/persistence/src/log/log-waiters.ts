/** Called once: with true when what was waited for is safe, with false when it will not be. */
export type Released = (safe: boolean) => void;

/** What somebody waits for. */
export interface Waiter {
  /** Everything up to it is to be safe. */
  readonly position: number;
  /** Safe is on disk, whatever the policy; otherwise what the policy calls safe. */
  readonly onDisk: boolean;
  readonly released: Released;
}

/** Those who wait for the log to come so far. */
export class LogWaiters {
  private waiters: Waiter[] = [];
  private readonly isReady: (waiter: Waiter) => boolean;
  /** How many waited when somebody was last released. */
  crowd = 0;

  constructor(isReady: (waiter: Waiter) => boolean) {
    this.isReady = isReady;
  }

  /** How many wait now. */
  get count(): number {
    return this.waiters.length;
  }

  add(waiter: Waiter): void {
    this.waiters.push(waiter);
  }

  /** Releases those whose moment has come. */
  look(): void {
    if (this.waiters.length === 0) return;
    const { waiters } = this;
    this.waiters = [];
    const waiting: Waiter[] = [];
    for (const waiter of waiters) {
      if (this.isReady(waiter)) waiter.released(true);
      else waiting.push(waiter);
    }
    if (waiting.length < waiters.length) this.crowd = waiters.length;
    // Whoever was released may wait again already.
    this.waiters = waiting.length === 0 ? this.waiters : waiting.concat(this.waiters);
  }

  /** Tells everybody that it will not happen. */
  fail(): void {
    for (const { released } of this.waiters.splice(0)) released(false);
  }
}
