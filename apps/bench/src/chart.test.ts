import { expect, test } from 'vitest';
import { barChart, type Chart } from './chart.ts';

const CHART: Chart = {
  title: 'Reads & writes',
  unit: 'operations a second',
  series: ['ours 1.0', 'theirs <2>'],
  groups: [
    { name: '1 in flight', values: [20_000, 10_000] },
    { name: '50 in flight', values: [1_234_567, undefined] },
  ],
};

/** The width of every bar, in order; squares are the legend. */
function barWidths(svg: string): number[] {
  return [...svg.matchAll(/width="(\d+)" height="14"/g)].map(([, width]) => Number(width));
}

test('a chart draws each bar in proportion to the longest of all groups', () => {
  const [ours = 0, theirs, longest = 0, missing] = barWidths(barChart(CHART));
  expect(ours / longest).toBeCloseTo(20_000 / 1_234_567, 2);
  expect(theirs).toBe(Math.round(ours / 2));
  expect(missing).toBe(1);
});

test('a chart says the numbers in three digits, and what was not measured', () => {
  const svg = barChart(CHART);
  for (const text of ['>20 k<', '>10 k<', '>1.23 M<', '>not measured<'])
    expect(svg).toContain(text);
});

test('names with a meaning in XML are escaped', () => {
  const svg = barChart(CHART);
  expect(svg).toContain('>Reads &#38; writes<');
  expect(svg).toContain('>theirs &#60;2&#62;<');
  expect(svg).not.toContain('<2>');
});

test('the same rows give the same bytes, with colours for light and dark pages', () => {
  expect(barChart(structuredClone(CHART))).toBe(barChart(CHART));
  expect(barChart(CHART)).toContain('@media (prefers-color-scheme: dark)');
});

test('a chart without anything measured is drawn all the same', () => {
  const svg = barChart({ ...CHART, groups: [{ name: 'none', values: [undefined, undefined] }] });
  expect(barWidths(svg)).toEqual([1, 1]);
});
