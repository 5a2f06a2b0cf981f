/** Random integers in `[0, limit)`, the same ones in every run: Marsaglia's xorshift32. */
export function randomIntegers(seed: number): (limit: number) => number {
  const next = randomFractions(seed);
  return (limit) => Math.floor(next() * limit);
}

/** Random numbers in `[0, 1)`. */
export function randomFractions(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Integers in `[0, count)`, of which the n-th is drawn as often as 1 / (n + 1)^exponent
 * says, for an exponent other than 1. By rejection-inversion (Hörmann and Derflinger 1996),
 * which needs no table.
 */
export function zipf(count: number, exponent: number, random: () => number): () => number {
  const power = 1 - exponent;
  const integral = (x: number) => (x ** power - 1) / power;
  const inverse = (y: number) => (1 + y * power) ** (1 / power);
  const low = integral(1.5) - 1;
  const high = integral(count + 0.5);
  return () => {
    for (;;) {
      const u = high + random() * (low - high);
      const k = Math.min(count, Math.max(1, Math.round(inverse(u))));
      if (u >= integral(k + 0.5) - k ** -exponent) return k - 1;
    }
  };
}
