import type { EffectBuffer, EffectSink, EntrySource } from '@kv/persistence';
import type { Keyspaces } from '@kv/server';
import type { ByteEvictionPolicy } from '@kv/store';

/** What the daemon needs of a storage engine: the server's port, those of snapshots and log, and a sweep. */
export interface Engine extends Keyspaces, EntrySource, EffectSink {
  /** Where every change is put as an effect, while there is a log. */
  effects: EffectBuffer | undefined;
  /** While it is true, what changes comes from the disk: it is not told, and nothing expires. */
  restoring: boolean;
  /**
   * Removes expired entries, looking at `budget` records at most; answers at how many it
   * did: fewer, when nothing more is due.
   */
  sweep(budget: number): number;
  /** Keeps to another limit, by another policy, from now on; 0 bytes is without a limit. */
  limit(maxBytes: number, policy: ByteEvictionPolicy): void;
}

/** A snapshot or log holds an entry of a kind that this server does not know: a newer one wrote it. */
export class EntryTypeError extends Error {
  override readonly name = 'EntryTypeError';
  readonly code = 'ENTRY_TYPE';

  constructor(type: number) {
    super(
      `there is an entry of type ${type}, which this version does not know; start the version that wrote it`,
    );
  }
}

/** A snapshot or log holds a database that this server was not given. */
export class DatabaseRangeError extends Error {
  override readonly name = 'DatabaseRangeError';
  readonly code = 'DATABASE_RANGE';

  constructor(database: number, count: number) {
    super(
      `there are keys in database ${database}, and there are ${count} databases; start with --databases ${database + 1} or more`,
    );
  }
}
