import type { Clock, Timers } from '@kv/server';
import type { Random } from '../oracle/random.ts';
import type { Scheduled, Scheduler } from './scheduler.ts';

/** By how much a timer is late at most. */
const LATE_MS_MAX = 0.4;
/** How long a turn of the event loop takes at most. */
const TURN_MS_MAX = 0.02;
/** How far the monotonic clock moves at most while it is looked at twice. */
const LOOK_MS_MAX = 0.2;

/** Time as one process sees it. When the process is dead nothing of it happens any more. */
export class ProcessTime implements Timers {
  alive = true;
  readonly clock: Clock;
  readonly monotonic: Clock;
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private looked = 0;

  constructor(scheduler: Scheduler, random: Random) {
    this.scheduler = scheduler;
    this.random = random;
    this.clock = { now: () => scheduler.wall };
    this.monotonic = { now: () => this.look() };
  }

  setTimeout(callback: () => void, ms: number): Scheduled {
    return this.after(Math.max(0, ms) + this.random.next() * LATE_MS_MAX, callback);
  }

  clearTimeout(handle: unknown): void {
    if (handle !== undefined) this.scheduler.cancel(handle as Scheduled);
  }

  setInterval(callback: () => void, ms: number): { current: Scheduled } {
    const again = () => {
      interval.current = this.setTimeout(again, ms);
      callback();
    };
    const interval = { current: this.setTimeout(again, ms) };
    return interval;
  }

  clearInterval(handle: unknown): void {
    if (handle !== undefined) this.scheduler.cancel((handle as { current: Scheduled }).current);
  }

  setImmediate(callback: () => void): void {
    this.after(this.random.next() * TURN_MS_MAX, callback);
  }

  readonly yieldToEventLoop = (): Promise<void> => this.sleep(this.random.next() * TURN_MS_MAX);

  /** Resolves after so long; never when the process is dead by then. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  private after(ms: number, callback: () => void): Scheduled {
    return this.scheduler.after(ms, () => {
      if (this.alive) callback();
    });
  }

  /** Work takes time, too: without that a slice of it would never be over. */
  private look(): number {
    const moved = this.looked + this.random.next() * LOOK_MS_MAX;
    this.looked = Math.max(this.scheduler.now, moved);
    return this.looked;
  }
}
