import { fdatasync, fdatasyncSync, write, writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from './file-system.ts';

/** The owner may read and write; nobody else may anything. */
const FILE_MODE = 0o600;
/** Nor may anybody else look into a directory that is made here. */
const DIRECTORY_MODE = 0o700;

/** The real file system. */
export const nodeFileSystem: FileSystem = {
  directorySyncOptional: process.platform === 'win32',
  makeDirectory,
  createFile: async (path) => nodeFile(await open(path, 'wx', FILE_MODE)),
  openFile: async (path) => nodeFile(await open(path, 'r')),
  reopenFile: async (path) => nodeFile(await open(path, 'r+')),
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

/**
 * Makes a directory and its missing parents. Not `mkdir`'s own `recursive`: in file systems such as
 * /proc, which answer ENOENT for a new name in a directory that exists, that tries for ever.
 */
async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await makeOne(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    const topmost = await makeDirectory(dirname(path));
    const made = await makeOne(path);
    return topmost ?? made;
  }
}

/** The path if it was made now, `undefined` if it was there. */
async function makeOne(path: string): Promise<string | undefined> {
  try {
    await mkdir(path, DIRECTORY_MODE);
    return path;
  } catch (error) {
    if (!(await isDirectory(path))) throw error;
    return undefined;
  }
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function nodeFile(handle: FileHandle): OpenFile {
  return {
    size: async () => (await handle.stat()).size,
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    // A log makes these two calls over and over, and calls with a callback cost half of the handle's own.
    write: (bytes, position) =>
      new Promise((resolve, reject) => {
        write(handle.fd, bytes, 0, bytes.length, position, (error, written) => {
          if (error === null) resolve(written);
          else reject(error);
        });
      }),
    sync: () => handle.sync(),
    syncData: () =>
      new Promise((resolve, reject) => {
        fdatasync(handle.fd, (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      }),
    writeNow: (bytes, position) => writeSync(handle.fd, bytes, 0, bytes.length, position),
    syncDataNow: () => fdatasyncSync(handle.fd),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}
