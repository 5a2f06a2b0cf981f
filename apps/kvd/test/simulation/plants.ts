import { registerHooks } from 'node:module';
import type { FileSystem, OpenFile } from '@kv/persistence';
import type { Keeping } from './settings.ts';

/** A bug that the simulation has to find. */
export interface Plant {
  readonly what: string;
  /** It has to be found within so many seeds, from the first on. */
  readonly seeds: number;
  /** Where it matters. Default: everywhere. */
  readonly keeping?: Keeping;
  /** Between the server and its disk. */
  readonly around?: (fs: FileSystem) => FileSystem;
  /** A module that replaces another, for those who import it from a place. */
  readonly module?: {
    readonly specifier: string;
    readonly importedFrom: string;
    readonly by: URL;
  };
}

export const PLANTS: Readonly<Record<string, Plant>> = {
  'no-directory-fsync': {
    what: 'an fsync of a directory does nothing',
    seeds: 20,
    around: (fs) => ({ ...fs, syncDirectory: async () => undefined }),
  },
  'ack-before-fsync': {
    what: 'what waits for an fsync goes on when it has begun',
    seeds: 50,
    around: withFiles((file) => ({
      ...file,
      syncData: async () => void file.syncData().catch(() => undefined),
      syncDataNow: () => void file.syncData().catch(() => undefined),
    })),
  },
  'skip-checksum': {
    what: 'every checksum fits',
    seeds: 100,
    module: {
      specifier: 'node:zlib',
      importedFrom: '/packages/persistence/src/',
      by: new URL('./planted/zlib.ts', import.meta.url),
    },
  },
  'read-overtakes-fsync': {
    what: 'a read is answered before what it shows is on disk',
    seeds: 50,
    module: {
      specifier: './kept-log.ts',
      importedFrom: '/apps/kvd/src/',
      by: new URL('./planted/kept-log.ts', import.meta.url),
    },
  },
  'durable-when-written': {
    what: 'what is to be durable is answered as the policy says',
    seeds: 50,
    keeping: 'everysec',
    module: {
      specifier: './kept-log.ts',
      importedFrom: '/apps/kvd/src/',
      by: new URL('./planted/hasty-log.ts', import.meta.url),
    },
  },
};

function withFiles(around: (file: OpenFile) => OpenFile): (fs: FileSystem) => FileSystem {
  return (fs) => ({
    ...fs,
    createFile: async (path) => around(await fs.createFile(path)),
    openFile: async (path) => around(await fs.openFile(path)),
    reopenFile: async (path) => around(await fs.reopenFile(path)),
  });
}

/** Replaces a module in whatever is imported from now on. */
export function plantModule({ specifier, importedFrom, by }: NonNullable<Plant['module']>): void {
  registerHooks({
    resolve(asked, context, next) {
      const isReplaced = asked === specifier && context.parentURL?.includes(importedFrom);
      return isReplaced ? next(by.href, context) : next(asked, context);
    },
  });
}
