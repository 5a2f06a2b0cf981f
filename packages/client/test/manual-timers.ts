import type { ClientTimers } from '../src/options.ts';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that a test moves. */
export class ManualTimers implements ClientTimers {
  private time = 1000;
  private readonly pending = new Map<number, Pending>();
  private last = 0;
  /** Every timer's length, in order. */
  readonly started: number[] = [];

  now(): number {
    return this.time;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    this.started.push(ms);
    this.pending.set(++this.last, { at: this.time + ms, callback });
    return this.last;
  }

  clearTimeout(handle: unknown): void {
    this.pending.delete(handle as number);
  }

  /** How many timers run. */
  get running(): number {
    return this.pending.size;
  }

  /** Goes on by so many milliseconds, timer by timer. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.pending].filter(([, { at }]) => at <= end);
      const [next] = due.sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      this.pending.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].callback();
    }
    this.time = end;
  }
}
