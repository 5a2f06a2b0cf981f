import { join } from 'node:path';
import { ensureDirectory, ID_BYTES, removeStrayFiles, temporaryName } from './directory.ts';
import type { Environment } from './environment.ts';
import { describe, SnapshotError } from './errors.ts';

type Disk = Pick<Environment, 'fs' | 'randomBytes'>;

/**
 * Makes a directory for a snapshot, removes temporary files that saves of a process that died have left, and proves
 * that files can be made: that nothing can be is found out now, and not at the first save.
 *
 * @param removed - told the name of each file that was left
 * @throws SnapshotError `FILE_NAME_INVALID`, `SNAPSHOT_WRITE_FAILED`
 */
export async function prepareDirectory(
  disk: Disk,
  directory: string,
  fileName: string,
  removed: (name: string) => void,
): Promise<void> {
  if (fileName === '' || fileName === '.' || fileName === '..' || /[/\\\0]/.test(fileName)) {
    const message = `the snapshot's file name must be a plain name, and is "${fileName}"`;
    throw new SnapshotError('FILE_NAME_INVALID', message);
  }
  try {
    await ensureDirectory(disk.fs, directory);
    for (const stray of await removeStrayFiles(disk.fs, directory, fileName)) removed(stray);
    await probe(disk, directory, fileName);
  } catch (error) {
    const message = `could not prepare ${directory} for snapshots: ${describe(error)}`;
    throw new SnapshotError('SNAPSHOT_WRITE_FAILED', message, { path: directory, cause: error });
  }
}

async function probe({ fs, randomBytes }: Disk, directory: string, name: string): Promise<void> {
  const path = join(directory, temporaryName(name, randomBytes(ID_BYTES)));
  const file = await fs.createFile(path);
  await file.close();
  await fs.removeFile(path);
}
