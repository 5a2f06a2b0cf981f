import type { ClientTimers } from './options.ts';

/** Waits until nothing is left to wait for. */
export class Drain {
  private readonly timers: ClientTimers;
  private readonly waiting = new Set<() => void>();

  constructor(timers: ClientTimers) {
    this.timers = timers;
  }

  /** Resolves when that is told, or after so long. */
  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.timers.setTimeout(resolve, ms);
    this.waiting.add(resolve);
    await promise;
    this.waiting.delete(resolve);
    this.timers.clearTimeout(timer);
  }

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  /** Nothing is left. */
  done(): void {
    for (const resolve of this.waiting) resolve();
  }
}
