import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import type { SnapshotFile, SnapshotFileSystem } from './file-system.ts';

/** The owner may read and write; nobody else may anything. */
const FILE_MODE = 0o600;

/** The real file system. */
export const nodeFileSystem: SnapshotFileSystem = {
  directorySyncOptional: process.platform === 'win32',
  makeDirectory: (path) => mkdir(path, { recursive: true }),
  createFile: async (path) => nodeFile(await open(path, 'wx', FILE_MODE)),
  openFile: async (path) => nodeFile(await open(path, 'r')),
  rename: (from, to) => rename(from, to),
  removeFile: (path) => unlink(path),
  listFiles: (directory) => readdir(directory),
  async syncDirectory(path) {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

function nodeFile(handle: FileHandle): SnapshotFile {
  return {
    size: async () => (await handle.stat()).size,
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes, position) =>
      (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}
