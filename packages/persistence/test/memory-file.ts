import type { FileSystem } from '../src/file-system.ts';
import { nodeFileSystem } from '../src/node-file-system.ts';

/** A file system in which every path that is opened for reading holds these bytes. */
export function memoryFile(content: Uint8Array): FileSystem {
  return {
    ...nodeFileSystem,
    openFile: async () => ({
      size: async () => content.length,
      read: async (into, position) => {
        const part = content.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write: () => Promise.reject(new Error('read only')),
      sync: async () => undefined,
      syncData: async () => undefined,
      writeNow: () => {
        throw new Error('read only');
      },
      syncDataNow: () => undefined,
      truncate: () => Promise.reject(new Error('read only')),
      close: async () => undefined,
    }),
  };
}
