/** Buckets to a doubling: a duration is told to within a sixteenth of itself. */
const STEPS = 16;
const STEP_BITS = 4;
/** About 18 minutes; what takes longer is counted there. */
const NANOSECONDS_MAX = 2 ** 40 - 1;
const BUCKETS = (40 - STEP_BITS) * STEPS + STEPS;
/** Where the doublings begin that {@link LatencyHistogram.doublings} answers: a microsecond and a bit. */
const FIRST_DOUBLING = 10;

/** Durations, counted in buckets that grow with them. */
export class LatencyHistogram {
  count = 0;
  private readonly buckets = new Float64Array(BUCKETS);

  add(nanoseconds: number): void {
    const whole = Math.min(NANOSECONDS_MAX, Math.max(0, Math.floor(nanoseconds)));
    const bucket = bucketOf(whole);
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
    this.count++;
  }

  /** The duration that so many percent of all do not exceed, in nanoseconds. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((this.count * percent) / 100));
    let seen = 0;
    for (const [bucket, count] of this.buckets.entries()) {
      seen += count;
      if (seen >= wanted) return greatestIn(bucket);
    }
    return 0;
  }

  /** How many took no longer than each doubling of a microsecond, where that grows. */
  doublings(): readonly (readonly [microseconds: number, count: number])[] {
    const found: [number, number][] = [];
    let seen = 0;
    let bucket = 0;
    for (let power = FIRST_DOUBLING; bucket < BUCKETS; power++) {
      const before = seen;
      for (; bucket < BUCKETS && greatestIn(bucket) < 2 ** power; bucket++)
        seen += this.buckets[bucket] as number;
      if (seen > before) found.push([Math.floor(2 ** power / 1000), seen]);
    }
    return found;
  }
}

function bucketOf(nanoseconds: number): number {
  if (nanoseconds < STEPS) return nanoseconds;
  const power = Math.floor(Math.log2(nanoseconds));
  return (power - STEP_BITS) * STEPS + Math.floor(nanoseconds / 2 ** (power - STEP_BITS));
}

/** The longest duration that a bucket counts. */
function greatestIn(bucket: number): number {
  if (bucket < STEPS * 2) return bucket;
  const power = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 1) * 2 ** power - 1;
}
