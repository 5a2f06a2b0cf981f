/** Samples that are kept of each event. */
const SAMPLES_MAX = 160;

/** The longest that an event of some kind took within one second. */
export interface LatencySample {
  /** Unix seconds. */
  readonly at: number;
  readonly ms: number;
}

/** What LATENCY keeps of one kind of event. */
export interface LatencyHistory {
  /** The last ones, the oldest first; one of each second. */
  readonly samples: readonly LatencySample[];
  /** The longest since the start, or since LATENCY RESET. */
  readonly longestMs: number;
}

/** Events that took longer than `latency-monitor-threshold`, by kind. */
export class LatencyMonitor {
  private readonly kinds = new Map<string, { samples: LatencySample[]; longestMs: number }>();

  /** @param now - Unix milliseconds */
  add(kind: string, ms: number, now: number): void {
    const at = Math.floor(now / 1000);
    const history = this.kinds.get(kind) ?? { samples: [], longestMs: 0 };
    this.kinds.set(kind, history);
    const whole = Math.round(ms);
    history.longestMs = Math.max(history.longestMs, whole);
    const last = history.samples.at(-1);
    if (last?.at === at) {
      history.samples[history.samples.length - 1] = { at, ms: Math.max(last.ms, whole) };
      return;
    }
    history.samples.push({ at, ms: whole });
    if (history.samples.length > SAMPLES_MAX) history.samples.shift();
  }

  history(kind: string): LatencyHistory | undefined {
    return this.kinds.get(kind);
  }

  all(): Iterable<readonly [kind: string, history: LatencyHistory]> {
    return this.kinds;
  }

  /** False: there was nothing of that kind. */
  forget(kind: string): boolean {
    return this.kinds.delete(kind);
  }

  /** Answers how many kinds there were. */
  clear(): number {
    const { size } = this.kinds;
    this.kinds.clear();
    return size;
  }
}
