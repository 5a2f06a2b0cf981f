import type { EntrySink, EntrySource } from '@kv/persistence';
import type { Keyspaces } from '@kv/server';
import type { ByteEvictionPolicy } from '@kv/store';

/** What the daemon needs of a storage engine: the server's port, the snapshots' two, and a sweep. */
export interface Engine extends Keyspaces, EntrySource, EntrySink {
  /**
   * Removes expired entries, looking at `budget` records at most; answers at how many it
   * did: fewer, when nothing more is due.
   */
  sweep(budget: number): number;
  /** Keeps to another limit, by another policy, from now on; 0 bytes is without a limit. */
  limit(maxBytes: number, policy: ByteEvictionPolicy): void;
}

/** A snapshot holds an entry of a kind that this server does not know: a newer one wrote it. */
export class EntryTypeError extends Error {
  override readonly name = 'EntryTypeError';
  readonly code = 'ENTRY_TYPE';

  constructor(type: number) {
    super(
      `the snapshot has an entry of type ${type}, which this version does not know; start the version that wrote it`,
    );
  }
}

/** A snapshot holds a database that this server was not given. */
export class DatabaseRangeError extends Error {
  override readonly name = 'DatabaseRangeError';
  readonly code = 'DATABASE_RANGE';

  constructor(database: number, count: number) {
    super(
      `the snapshot has keys in database ${database}, and there are ${count} databases; start with --databases ${database + 1} or more`,
    );
  }
}
