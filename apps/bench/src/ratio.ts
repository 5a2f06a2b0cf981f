/** How one thing's median relates to another's, and between which ratios chance alone would put nine of ten runs. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;
/** Of the resamples, on either side of the interval. */
const TAIL = 0.05;

/**
 * The ratio of two medians with its percentile bootstrap interval (Efron, 1979). The figures come in pairs, one pair a
 * round, and stay in them: what disturbed a round disturbed both.
 *
 * @param random - as `Math.random`
 */
export function ratioOfMedians(
  of: readonly number[],
  to: readonly number[],
  random: () => number = Math.random,
): Ratio {
  const rounds = of.map((_, round) => round);
  const ratioIn = (drawn: readonly number[]): number =>
    median(drawn.map((round) => of[round] as number)) /
    median(drawn.map((round) => to[round] as number));
  const ratios = Array.from({ length: RESAMPLES }, () =>
    ratioIn(rounds.map(() => Math.floor(random() * rounds.length))),
  ).sort((a, b) => a - b);
  return {
    ratio: ratioIn(rounds),
    low: ratios[Math.floor(RESAMPLES * TAIL)] as number,
    high: ratios[Math.ceil(RESAMPLES * (1 - TAIL)) - 1] as number,
  };
}

/** The middle one; of two middle ones their mean. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
