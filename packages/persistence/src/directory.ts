import { dirname, resolve } from 'node:path';
import type { FileSystem } from './file-system.ts';

/** Bytes of a snapshot's id; a temporary file's name ends in them as hexadecimal digits. */
export const ID_BYTES = 8;

/** Names the temporary file of one save: `<name>.tmp-<16 hexadecimal digits>`, in the same directory. */
export function temporaryName(name: string, id: Uint8Array): string {
  return `${name}.tmp-${Buffer.from(id).toString('hex')}`;
}

/** Says whether a file in the directory is a temporary file of the snapshot called `name`. */
function isTemporaryName(candidate: string, name: string): boolean {
  const prefix = `${name}.tmp-`;
  return candidate.startsWith(prefix) && /^[0-9a-f]{16}$/.test(candidate.slice(prefix.length));
}

/**
 * Makes a directory, its missing parents too, and makes their names durable: a snapshot that was
 * fsynced into a directory whose own name is lost is lost with it. `SnapshotKeeper.open` does this
 * itself; it is for whoever puts something into the directory before.
 */
export async function ensureDirectory(fs: FileSystem, directory: string): Promise<void> {
  const topmost = await fs.makeDirectory(directory);
  if (topmost === undefined) return;
  const above = dirname(resolve(topmost));
  let parent = resolve(directory);
  while (parent !== above && parent !== dirname(parent)) {
    parent = dirname(parent);
    await syncDirectory(fs, parent);
  }
}

/** Fsyncs a directory. Only where the file system says so is it no error that this cannot be done. */
export async function syncDirectory(fs: FileSystem, directory: string): Promise<void> {
  try {
    await fs.syncDirectory(directory);
  } catch (error) {
    if (!fs.directorySyncOptional) throw error;
    if (!hasCode(error, 'EPERM') && !hasCode(error, 'EISDIR')) throw error;
  }
}

/** Removes the temporary files that saves of this snapshot left behind when their process died. */
export async function removeStrayFiles(
  fs: FileSystem,
  directory: string,
  name: string,
): Promise<string[]> {
  const strays = (await fs.listFiles(directory)).filter((file) => isTemporaryName(file, name));
  for (const stray of strays) await fs.removeFile(resolve(directory, stray));
  return strays;
}

/** Says whether an error of the file system has this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
