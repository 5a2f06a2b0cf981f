import type { Moment, Window } from './state.ts';

/** Something that happens at its time, unless it is cancelled. */
export interface Scheduled {
  readonly at: number;
  run: (() => void) | undefined;
}

/** What the wall clock shows when a simulation begins. */
const EPOCH = Date.UTC(2026, 0, 1);

/**
 * All that happens in a simulated world, in order: time passes only from one thing to the next. Between two of
 * them every promise that can go on has gone on, so that nothing depends on the host's own time.
 */
export class Scheduler {
  /** Milliseconds since the beginning. */
  now = 0;
  /** By how much the wall clock has been set forward, or back. */
  private jumpedMs = 0;
  /** The latest time that it showed before it was set back. */
  private shownBefore = 0;
  /** How many things have happened. */
  steps = 0;
  /** The next one last. */
  private readonly due: Scheduled[] = [];

  /** Unix milliseconds. */
  get wall(): number {
    return this.wallAt(this.now);
  }

  /** What the wall clock would have shown at a time, if it had been set by then as it is now. */
  private wallAt(now: number): number {
    return Math.floor(EPOCH + now) + this.jumpedMs;
  }

  /** Sets the wall clock forward, or back. */
  jump(ms: number): void {
    this.shownBefore = Math.max(this.shownBefore, this.wall);
    this.jumpedMs += ms;
  }

  /**
   * What the wall clock may have shown from a moment until now. What has expired stays so when it is set back, so
   * that the latest time of all counts; or does not, if nobody has looked.
   */
  since({ now, wall }: Moment): Window {
    return {
      from: Math.min(wall, this.wallAt(now)),
      to: Math.max(this.wall, this.shownBefore),
    };
  }

  after(ms: number, run: () => void): Scheduled {
    const scheduled: Scheduled = { at: this.now + ms, run };
    let [low, high] = [0, this.due.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      // Of two at the same time the one that was asked for first comes first.
      if ((this.due[middle] as Scheduled).at <= scheduled.at) high = middle;
      else low = middle + 1;
    }
    this.due.splice(low, 0, scheduled);
    return scheduled;
  }

  /** A process keeps everything else from happening for so long; it happens late then. */
  block(ms: number): void {
    this.now += ms;
  }

  cancel(scheduled: Scheduled): void {
    scheduled.run = undefined;
  }

  /** Lets things happen until a condition holds; rejects with what one of them throws. */
  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const next = this.due.pop();
      if (next === undefined) throw new Error('nothing happens any more');
      if (next.run === undefined) continue;
      this.now = Math.max(this.now, next.at);
      this.steps++;
      next.run();
      await turn();
    }
  }
}

/** Lets everything go on that waits for nothing but promises. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
