/** Durations in milliseconds, of which the percentiles are asked. */
export class Durations {
  private readonly all: number[] = [];

  add(milliseconds: number): void {
    this.all.push(milliseconds);
  }

  get count(): number {
    return this.all.length;
  }

  get max(): number {
    return this.all.reduce((most, one) => Math.max(most, one), 0);
  }

  /** The duration that `share` of all are not above. */
  percentile(share: number): number {
    const sorted = Float64Array.from(this.all).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }

  get median(): number {
    return this.percentile(0.5);
  }
}

/** The largest gap that a loop sees which only reads the clock: what the machine itself stalls. */
export function largestIdleGap(forMs: number): number {
  const endsAt = performance.now() + forMs;
  let largest = 0;
  let before = performance.now();
  while (before < endsAt) {
    const now = performance.now();
    if (now - before > largest) largest = now - before;
    before = now;
  }
  return largest;
}
