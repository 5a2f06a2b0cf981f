import type { Clock, Timers } from './environment.ts';
import { TIMER_MS_MAX } from './limits.ts';
import type { SavePoint } from './save-points.ts';

export interface SaveScheduleOptions {
  readonly points: readonly SavePoint[];
  readonly monotonic: Clock;
  readonly timers: Timers;
  /** Called when a save is due; nothing further is due until `resume`. */
  readonly onDue: () => void;
}

/**
 * Decides when an automatic save is due. There is at most one timer, and none while nothing has
 * changed: it is set for the moment at which the changes made so far will have waited long enough.
 */
export class SaveSchedule {
  #points: readonly SavePoint[];
  readonly #monotonic: Clock;
  readonly #timers: Timers;
  readonly #onDue: () => void;
  /** Monotonic time of the last successful save, or of the start. */
  #since: number;
  /** Monotonic time before which a failed save is not tried again. */
  #notBefore = 0;
  #urgent = false;
  #paused = false;
  #changes = 0;
  /** The number of changes at which another save point comes into play. */
  #nextChanges = 0;
  #timer: { readonly handle: unknown; readonly dueAt: number } | undefined;

  constructor(options: SaveScheduleOptions) {
    this.#monotonic = options.monotonic;
    this.#timers = options.timers;
    this.#onDue = options.onDue;
    this.#points = options.points;
    this.#since = options.monotonic.now();
    this.#arm();
  }

  get points(): readonly SavePoint[] {
    return this.#points;
  }

  set points(points: readonly SavePoint[]) {
    this.#points = points;
    this.#arm();
  }

  /** Tells how many changes wait. Cheap unless they reach the next save point. */
  changed(changes: number): void {
    this.#changes = changes;
    if (changes >= this.#nextChanges) this.#arm();
  }

  /** No save is due until `resume`: one is running. */
  pause(): void {
    this.#paused = true;
    this.#arm();
  }

  resume(changes: number): void {
    this.#paused = false;
    this.#changes = changes;
    this.#arm();
  }

  /** A save has succeeded: waiting starts again. */
  saved(): void {
    this.#since = this.#monotonic.now();
    this.#notBefore = 0;
    this.#urgent = false;
  }

  /** A save has failed: what is due stays due, but not at once. */
  failed(retryDelayMs: number): void {
    this.#notBefore = this.#monotonic.now() + retryDelayMs;
  }

  /** The next save, if there are save points at all, is due at once. */
  hurry(): void {
    this.#urgent = true;
    this.#arm();
  }

  #arm(): void {
    const dueAt = this.#paused ? undefined : this.#dueAt();
    if (dueAt === this.#timer?.dueAt) return;
    if (this.#timer !== undefined) this.#timers.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    if (dueAt === undefined) return;
    const wait = Math.ceil(dueAt - this.#monotonic.now());
    const delay = Math.min(Math.max(wait, 0), TIMER_MS_MAX);
    this.#timer = { handle: this.#timers.setTimeout(() => this.#fire(), delay), dueAt };
  }

  /** A timer may come early, and one for more than 24 days comes in steps. */
  #fire(): void {
    const dueAt = this.#timer?.dueAt ?? Number.POSITIVE_INFINITY;
    this.#timer = undefined;
    if (this.#monotonic.now() < dueAt) this.#arm();
    else this.#onDue();
  }

  #dueAt(): number | undefined {
    let dueAt = this.#urgent && this.#points.length > 0 ? 0 : Number.POSITIVE_INFINITY;
    this.#nextChanges = Number.POSITIVE_INFINITY;
    for (const { seconds, changes } of this.#points) {
      if (changes <= this.#changes) dueAt = Math.min(dueAt, this.#since + seconds * 1000);
      else this.#nextChanges = Math.min(this.#nextChanges, changes);
    }
    return dueAt === Number.POSITIVE_INFINITY ? undefined : Math.max(dueAt, this.#notBefore);
  }
}
