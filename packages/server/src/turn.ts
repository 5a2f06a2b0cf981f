/** Somebody whose work needs what connections share. */
export interface Runner {
  run(): void;
}

/**
 * One connection works at a time, because all share one batch, one reader and one
 * reply writer. Whoever asks while another works (a handler that completes the parked
 * reply of another client, a close that a handler sets off) comes after it.
 */
export class Turn {
  private taken = false;
  private readonly waiting = new Set<Runner>();

  /** Runs now, or when whoever has the turn is done with it. */
  take(runner: Runner): void {
    if (this.taken) {
      this.waiting.add(runner);
      return;
    }
    this.taken = true;
    try {
      runner.run();
      if (this.waiting.size === 0) return;
      // A set that grows while it is gone through is gone through to its new end.
      for (const next of this.waiting) {
        this.waiting.delete(next);
        next.run();
      }
    } finally {
      this.taken = false;
    }
  }
}
