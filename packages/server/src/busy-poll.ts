import type { Timers } from './ports.ts';

/** So often the next requests are looked for: together about 50 microseconds. */
const LOOKS_MAX = 16;

/**
 * How long nothing is done between two looks. A turn of the event loop in which nothing happens takes less than a
 * microsecond, and each leaves an object behind: to clear those away would hold clients up more than this.
 */
const BETWEEN_MS = 0.0025;
/** For a clock that stands still. */
const TIMES_MAX = 256;

/** The most reads behind which nobody looks. */
const REST_MAX = 1024;

/**
 * Looks for the next requests a moment longer before the process goes to sleep. A client on the
 * same machine or rack that has its replies asks again sooner than a process has fallen asleep and
 * been woken; and waking it is work for whoever sends, which is the client. Only clients that come
 * back that fast are waited for: where looking finds nothing it is done more and more seldom, down
 * to one read in a thousand.
 *
 * A look is a turn of the event loop: whatever else is due has its turn in between.
 */
export class BusyPoll {
  enabled: boolean;
  private readonly timers: Timers;
  private readonly monotonic: () => number;
  private looking = false;
  private looks = 0;
  /** Reads behind which nobody is to look yet, and how many it will be the next time. */
  private rest = 0;
  private nextRest = 1;

  /** @param monotonic - milliseconds with fractions */
  constructor(timers: Timers, enabled: boolean, monotonic: () => number) {
    this.timers = timers;
    this.monotonic = monotonic;
    this.enabled = enabled;
  }

  /** A client has sent something: it, or another, may send more. */
  received(): void {
    if (this.looking) {
      // What was read in the same turn as something else has not been looked for.
      if (this.looks > 0) this.nextRest = 1;
      this.looks = 0;
    } else if (this.rest > 0) this.rest--;
    else if (this.enabled) {
      this.looking = true;
      this.looks = 0;
      this.timers.setImmediate(this.look);
    }
  }

  private readonly look = (): void => {
    if (this.enabled && ++this.looks < LOOKS_MAX) {
      // Not behind a turn that has brought something: there may be more already.
      if (this.looks > 1) this.wait();
      this.timers.setImmediate(this.look);
      return;
    }
    this.looking = false;
    if (!this.enabled) return;
    this.rest = this.nextRest;
    this.nextRest = Math.min(REST_MAX, this.nextRest * 2);
  };

  private wait(): void {
    const { monotonic } = this;
    const until = monotonic() + BETWEEN_MS;
    for (let times = 0; times < TIMES_MAX && monotonic() < until; times++);
  }
}
