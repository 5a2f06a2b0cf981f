/**
 * Where a store reads the time. Tests pass their own and move it; see
 * `ManualClock` in `@kv/store/conformance`.
 */
export interface Clock {
  /** Wall-clock time in whole milliseconds since 1970. */
  now(): number;
}

/** Looks `Date` up at every call, so that fake timers installed later are seen. */
export const systemClock: Clock = { now: () => Date.now() };
