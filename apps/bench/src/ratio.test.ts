import { describe, expect, it } from 'vitest';
import { median, ratioOfMedians } from './ratio.ts';

/** Park and Miller's generator, so that a test is the same each time. */
function seeded(seed: number): () => number {
  let x = seed;
  return () => {
    x = (x * 48271) % 2147483647;
    return x / 2147483647;
  };
}

/** So many figures around a mean, half of it away at most. */
function figures(count: number, mean: number, random: () => number): number[] {
  return Array.from({ length: count }, () => mean * (0.5 + random()));
}

describe('the median', () => {
  it('is the middle one, or between the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('the ratio of two medians', () => {
  it('has an interval around one, nine times of ten, when both are the same but for noise', () => {
    const random = seeded(1);
    let around = 0;
    for (let run = 0; run < 50; run++) {
      const [of, to] = [figures(41, 1000, random), figures(41, 1000, random)];
      const { ratio, low, high } = ratioOfMedians(of, to, random);
      expect(ratio).toBeGreaterThanOrEqual(low);
      expect(ratio).toBeLessThanOrEqual(high);
      if (low <= 1 && high >= 1) around++;
    }
    expect(around).toBeGreaterThan(40);
    expect(around).toBeLessThan(50);
  });

  it('has one above it when a difference is greater than the noise', () => {
    const random = seeded(2);
    const { low } = ratioOfMedians(figures(41, 1500, random), figures(41, 1000, random), random);
    expect(low).toBeGreaterThan(1);
  });

  it('sees a small difference where rounds differ and both figures of a round go together', () => {
    const random = seeded(3);
    const to = figures(41, 1000, random);
    const { low, high } = ratioOfMedians(
      to.map((figure) => figure * 1.05),
      to,
      random,
    );
    expect(low).toBeCloseTo(1.05, 6);
    expect(high).toBeCloseTo(1.05, 6);
  });
});
