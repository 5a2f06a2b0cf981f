/** A configuration that can't be used. The message is meant for the person who wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** `USAGE` for the command line, `CONFIG` for what the environment, a file or the values say. */
  readonly code: 'USAGE' | 'CONFIG';

  constructor(code: 'USAGE' | 'CONFIG', message: string) {
    super(message);
    this.code = code;
  }
}

/** The known name that a mistyped one is nearest to, if any is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(word, name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
