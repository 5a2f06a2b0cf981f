import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import type { CopyPosition } from './redis/copy-redis.ts';

/** In the data directory while an import is not finished. */
const IMPORT_STATE = 'import.json';

/** An import that was interrupted: the snapshot beside it holds what came before this position. */
export interface ImportState extends CopyPosition {
  /** The Redis, without the password. */
  readonly source: string;
  /** Keys that could not be stored so far, by type. */
  readonly left: Readonly<Record<string, number>>;
}

/** The state of an interrupted import; `undefined` when there is none. */
export function readImportState(directory: string): ImportState | undefined {
  const path = join(directory, IMPORT_STATE);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ImportState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError('CONFIG', `${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Comes after the snapshot: what is older than that only copies a few keys twice. */
export function writeImportState(directory: string, state: ImportState): void {
  const path = join(directory, IMPORT_STATE);
  writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeImportState(directory: string): void {
  rmSync(join(directory, IMPORT_STATE), { force: true });
}
