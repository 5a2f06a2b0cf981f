import type { SnapshotEntry } from '../entry.ts';

/** A keyspace that can be gone through and looked up in. */
export interface EntryLookup {
  /** All entries; each must hold still only until the next one is asked for. */
  entries(): Iterable<SnapshotEntry>;
  /** The entry of a key; `undefined` when there is none. */
  find(database: number, key: Uint8Array): SnapshotEntry | undefined;
}

/** In what two entries of one key can differ. */
export type EntryField = 'type' | 'encoding' | 'value' | 'deadline';

/** A key that two keyspaces do not agree about. */
export interface EntryDifference {
  /** Whether only the second has it, only the first, or both. */
  readonly kind: 'added' | 'removed' | 'changed';
  readonly database: number;
  /** Valid until the next difference is asked for. */
  readonly key: Uint8Array;
  /** In what they differ, where both have it. */
  readonly fields: readonly EntryField[];
}

/**
 * What has to change for `before` to become `after`: all of `before` first, then what is new.
 *
 * @example
 * for (const { kind, key } of diffEntries(yesterday, today)) console.log(kind, key);
 */
export function* diffEntries(
  before: EntryLookup,
  after: EntryLookup,
): Generator<EntryDifference, void> {
  for (const entry of before.entries()) {
    const { database, key } = entry;
    const other = after.find(database, key);
    const fields = other === undefined ? [] : differingFields(entry, other);
    if (other === undefined) yield { kind: 'removed', database, key, fields };
    else if (fields.length > 0) yield { kind: 'changed', database, key, fields };
  }
  for (const { database, key } of after.entries())
    if (before.find(database, key) === undefined)
      yield { kind: 'added', database, key, fields: [] };
}

function differingFields(one: SnapshotEntry, other: SnapshotEntry): EntryField[] {
  const fields: EntryField[] = [];
  if (one.type !== other.type) fields.push('type');
  if (one.encoding !== other.encoding) fields.push('encoding');
  if (Buffer.compare(one.value, other.value) !== 0) fields.push('value');
  if (one.deadline !== other.deadline) fields.push('deadline');
  return fields;
}
