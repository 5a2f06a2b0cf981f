import type { EntrySink } from '../entry.ts';

/**
 * Where the effects of a log go when it is replayed. `restore` is a put: it replaces what is there. What is
 * given is valid during the call only, as for every {@link EntrySink}.
 *
 * Nothing may expire while a log is replayed: what has, is told to be removed.
 */
export interface EffectSink extends EntrySink {
  /** The deadline of an entry is this one now; `undefined` is none. */
  restoreDeadline(database: number, key: Uint8Array, deadline: number | undefined): void;
  /** An entry is gone. */
  restoreRemoval(database: number, key: Uint8Array): void;
  /** All entries of a database are gone. */
  restoreFlush(database: number): void;
  /** Two databases have exchanged their entries. */
  restoreSwap(database: number, other: number): void;
}
