import type { Clock, Timers } from '@kv/server';
import type { Engine } from './engine.ts';

/** How often it is looked whether something is due. */
const INTERVAL_MS = 100;
/** Records that are looked at in a slice, in well under a millisecond. */
const SLICE_RECORDS = 1_000;
/** Between two slices while more is due: clients have at least three quarters of the time. */
const PAUSE_MS = 3;

/**
 * Brings the memory of expired entries back that nobody asks for again, slice by slice:
 * however many expire in the same moment, nobody waits for more than one slice.
 */
export class ActiveExpiry {
  private readonly engine: Pick<Engine, 'sweep' | 'now'>;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private off = false;
  private interval: unknown;
  private pause: unknown;

  constructor(engine: Pick<Engine, 'sweep' | 'now'>, clock: Clock, timers: Timers) {
    this.engine = engine;
    this.clock = clock;
    this.timers = timers;
  }

  /** Whether it works, if it has been started: DEBUG SET-ACTIVE-EXPIRE. */
  turn(on: boolean): void {
    this.off = !on;
  }

  start(): void {
    this.interval = this.timers.setInterval(() => {
      // While more is due the slices follow each other by themselves.
      if (this.pause === undefined && !this.off) this.slice();
    }, INTERVAL_MS);
  }

  stop(): void {
    this.timers.clearInterval(this.interval);
    this.timers.clearTimeout(this.pause);
  }

  private slice(): void {
    this.pause = undefined;
    this.engine.now = this.clock.now();
    if (this.engine.sweep(SLICE_RECORDS) === SLICE_RECORDS)
      this.pause = this.timers.setTimeout(() => this.slice(), PAUSE_MS);
  }
}
