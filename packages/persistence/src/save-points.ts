import { SnapshotError } from './errors.ts';
import { SAVE_POINT_CHANGES_MAX, SAVE_POINT_SECONDS_MAX } from './limits.ts';

/** "Save when `seconds` have passed since the last save and at least `changes` were made." */
export interface SavePoint {
  readonly seconds: number;
  readonly changes: number;
}

/**
 * Reads Redis's `save` syntax: pairs of seconds and changes, separated by white space. An empty text
 * means no automatic saves.
 *
 * @throws SnapshotError `SAVE_POINTS_INVALID`, whose message says which word is wrong.
 *
 * @example
 * parseSavePoints('3600 1 300 100 60 10000');
 * // [{ seconds: 3600, changes: 1 }, { seconds: 300, changes: 100 }, { seconds: 60, changes: 10000 }]
 */
export function parseSavePoints(text: string): SavePoint[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length % 2 !== 0) {
    throw invalid(text, `${words.length} numbers are not pairs of seconds and changes`);
  }
  const points: SavePoint[] = [];
  for (let i = 0; i < words.length; i += 2) {
    points.push({
      seconds: parseNumber(text, 'seconds', words[i] ?? '', SAVE_POINT_SECONDS_MAX),
      changes: parseNumber(text, 'changes', words[i + 1] ?? '', SAVE_POINT_CHANGES_MAX),
    });
  }
  return points;
}

/**
 * The text that `parseSavePoints` reads.
 *
 * @example
 * formatSavePoints([{ seconds: 60, changes: 100 }]); // '60 100'
 */
export function formatSavePoints(points: readonly SavePoint[]): string {
  return points.map(({ seconds, changes }) => `${seconds} ${changes}`).join(' ');
}

function parseNumber(text: string, what: string, word: string, max: number): number {
  const number = /^\d+$/.test(word) ? Number(word) : 0;
  if (number >= 1 && number <= max) return number;
  throw invalid(text, `${what} must be an integer from 1 to ${max}, and is "${word}"`);
}

function invalid(text: string, reason: string): SnapshotError {
  return new SnapshotError('SAVE_POINTS_INVALID', `invalid save points "${text}": ${reason}`);
}
