import type { EntrySink, EntrySource } from '@kv/persistence';
import type { Keyspaces } from '@kv/server';

/** What the daemon needs of a storage engine: the server's port, the snapshots' two, and a sweep. */
export interface Engine extends Keyspaces, EntrySource, EntrySink {
  /** Removes expired entries, looking at `budget` deadlines of each database; answers how many went. */
  sweep(budget: number): number;
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
