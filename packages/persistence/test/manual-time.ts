import type { Clock, Timers } from '../src/environment.ts';

interface ManualTimer {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that moves only when a test says so. */
export class ManualTime {
  readonly #timers = new Map<number, ManualTimer>();
  #elapsedMs = 0;
  #nextId = 1;
  /** Unix milliseconds at the beginning; change it to let the wall clock jump. */
  wallStart = 1_700_000_000_000;

  readonly monotonic: Clock = { now: () => this.#elapsedMs };
  readonly clock: Clock = { now: () => this.wallStart + this.#elapsedMs };
  readonly timers: Timers = {
    setTimeout: (callback, delayMs) => {
      const id = this.#nextId++;
      // Node's timers take 31 bits, and fire after a millisecond beyond.
      const delay = delayMs > 2 ** 31 - 1 ? 1 : delayMs;
      this.#timers.set(id, { at: this.#elapsedMs + delay, callback });
      return id;
    },
    clearTimeout: (timer) => {
      this.#timers.delete(timer as number);
    },
  };

  /** Timers that are waiting. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Moves time on, firing what comes due on the way, in order. */
  advance(ms: number): void {
    const end = this.#elapsedMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
      const [next] = due.sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#elapsedMs = Math.max(this.#elapsedMs, next[1].at);
      next[1].callback();
    }
    this.#elapsedMs = end;
  }
}
