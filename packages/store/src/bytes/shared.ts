import type { Account } from './account.ts';
import type { Beside } from './beside.ts';
import type { Evictor } from './evictor.ts';
import type { FrozenBytes } from './frozen-bytes.ts';
import type { HalfSipHash } from './half-sip-hash.ts';
import type { Journal } from './journal.ts';
import type { Allocate, Memory } from './memory.ts';
import type { Pauses } from './pauses.ts';

/** What the databases of a store share. */
export interface ByteStoreShared {
  readonly memory: Memory;
  readonly hasher: HalfSipHash;
  readonly allocate: Allocate;
  readonly journal: Journal | undefined;
  /** Unix milliseconds by which deadlines are judged. */
  now: number;
  /** Refs that died before a view has read them, and of which it could not keep a copy, by segment. */
  readonly ghosts: Map<number, number[]>;
  /** The frozen view that is open. */
  view: FrozenBytes | undefined;
  /** What databases that were cleared since the view was frozen have left to it. */
  readonly left: Beside[];
  expired: number;
  readonly random: () => number;
  /** Whether what is found counts as used. */
  touching: boolean;
  /** Set while entries may be evicted. */
  evictor: Evictor | undefined;
  /** Bytes of the indexes of all databases. */
  readonly indexAccount: Account;
  /** Bytes of large entries and structures of all databases. */
  readonly besideAccount: Account;
  /** Bytes of what eviction remembers. */
  readonly evictorAccount: Account;
  readonly pauses: Pauses;
}
