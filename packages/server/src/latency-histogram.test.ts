import { expect, test } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

test('a percentile is the duration itself, to within a sixteenth of it', () => {
  const histogram = new LatencyHistogram();
  for (let us = 1; us <= 1000; us++) histogram.add(us * 1000);
  for (const [percent, us] of [
    [50, 500],
    [99, 990],
    [100, 1000],
  ] as const) {
    const found = histogram.percentile(percent) / 1000;
    expect(found).toBeGreaterThanOrEqual(us);
    expect(found).toBeLessThan(us * (1 + 1 / 16));
  }
  expect(new LatencyHistogram().percentile(99)).toBe(0);
});

test('durations from nothing to days are counted', () => {
  const histogram = new LatencyHistogram();
  for (const nanoseconds of [0, 1, 15, 16, 31, 32, 1e18]) histogram.add(nanoseconds);
  expect(histogram.count).toBe(7);
  expect(histogram.percentile(1)).toBe(0);
  expect(histogram.percentile(50)).toBe(16);
  expect(histogram.percentile(100)).toBe(2 ** 40 - 1);
});

test('what took no longer than each power of two is told where it grows, and adds up', () => {
  const histogram = new LatencyHistogram();
  for (const us of [0.5, 0.9, 3, 3, 5, 100, 3_000_000]) histogram.add(us * 1000);
  expect(histogram.doublings()).toEqual([
    [1, 2],
    [4, 4],
    [8, 5],
    [131, 6],
    [4_294_967, 7],
  ]);
});
