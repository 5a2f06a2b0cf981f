/** Why an entry is gone. */
export type Removal = 'deleted' | 'expired' | 'evicted';

/**
 * Is told every change of a store, just after a write and just before a removal,
 * while the record can be read by its ref. It must not change the store.
 */
export interface Journal {
  /** An entry was written, whole; `isNew` says that there was none under its key. */
  put(database: number, ref: number, isNew: boolean): void;
  /** Only the deadline was changed; 0 is none. */
  deadline(database: number, ref: number, deadline: number): void;
  /** An entry goes. */
  remove(database: number, ref: number, why: Removal): void;
  /** All entries of a database are gone. */
  flush(database: number): void;
  /** Two databases have exchanged their entries; nothing to be told where there is one only. */
  swap?(one: number, other: number): void;
}
