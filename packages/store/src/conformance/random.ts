/**
 * A small seeded generator (xorshift with shifts 13, 17, 5: Marsaglia, "Xorshift
 * RNGs", 2003), so that a failing run can be repeated from its seed alone.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    // State 0 would stay 0 for ever; multiplying spreads neighbouring seeds apart.
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.below(1);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
}
