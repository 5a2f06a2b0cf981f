import { expect, test } from 'vitest';
import { formatSavePoints, parseSavePoints } from './save-points.ts';

const REDIS_DEFAULT = '3600 1 300 100 60 10000';

test('pairs of seconds and changes are read and written as Redis writes them', () => {
  expect(parseSavePoints(REDIS_DEFAULT)).toEqual([
    { seconds: 3600, changes: 1 },
    { seconds: 300, changes: 100 },
    { seconds: 60, changes: 10_000 },
  ]);
  expect(formatSavePoints(parseSavePoints(REDIS_DEFAULT))).toBe(REDIS_DEFAULT);
});

test('an empty text means no automatic saves', () => {
  expect(parseSavePoints('')).toEqual([]);
  expect(parseSavePoints(' \t')).toEqual([]);
  expect(formatSavePoints([])).toBe('');
});

test('any white space separates', () => {
  expect(parseSavePoints('  1  2\n3\t4 ')).toHaveLength(2);
});

test.each([
  '1',
  '1 2 3',
  'a 1',
  '1 b',
  '0 1',
  '1 0',
  '-1 1',
  '1.5 1',
  '1e3 1',
  '2147483648 1',
  '1 0x10',
])('"%s" is refused with a typed error', (text) => {
  expect(() => parseSavePoints(text)).toThrow(
    expect.objectContaining({ code: 'SAVE_POINTS_INVALID' }),
  );
});
