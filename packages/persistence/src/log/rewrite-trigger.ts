import type { Clock } from '../environment.ts';
import { REWRITE_RETRY_MS, REWRITE_RETRY_MS_MAX } from './log-limits.ts';
import type { RewriteThreshold } from './log-options.ts';

export interface RewriteTriggerOptions {
  readonly threshold: RewriteThreshold;
  readonly monotonic: Clock;
  readonly sizes: () => { readonly bytes: number; readonly baseBytes: number };
  /** Whether a rewrite could begin now. */
  readonly isFree: () => boolean;
  readonly rewrite: () => void;
}

/** Decides when a log has grown so much that it is rewritten without being asked. */
export class RewriteTrigger {
  threshold: RewriteThreshold;
  private readonly options: RewriteTriggerOptions;
  private retryMs = REWRITE_RETRY_MS;
  private notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: RewriteTriggerOptions) {
    this.options = options;
    this.threshold = options.threshold;
  }

  /** To be called when the log has grown, or the threshold has changed. */
  look(): void {
    const { percentage, minBytes } = this.threshold;
    if (percentage === 0 || !this.options.isFree()) return;
    const { bytes, baseBytes } = this.options.sizes();
    const isDue = bytes >= minBytes && bytes >= baseBytes * (1 + percentage / 100);
    if (isDue && this.options.monotonic.now() >= this.notBefore) this.options.rewrite();
  }

  /** How long after a failure the next one is to wait. */
  get waitMs(): number {
    return Math.max(0, this.notBefore - this.options.monotonic.now());
  }

  succeeded(): void {
    this.retryMs = REWRITE_RETRY_MS;
    this.notBefore = Number.NEGATIVE_INFINITY;
  }

  /** The next one comes later, and after a further failure later still. */
  failed(): void {
    this.notBefore = this.options.monotonic.now() + this.retryMs;
    this.retryMs = Math.min(this.retryMs * 2, REWRITE_RETRY_MS_MAX);
  }
}
