/** A store of this process as entries: its keys as UTF-8, its values in the application's own codec. */
import type { EntrySource, SnapshotEntry } from './entry.ts';
import { SnapshotError } from './errors.ts';

/** What a save needs of a store. `@kv/store`'s `ExpiringKeyValueStore<V>` has it. */
export interface SnapshotStore<V> {
  /** Live entries. */
  entries(): Iterable<readonly [key: string, value: V]>;
  /** Absolute Unix milliseconds; `undefined` when the entry never expires. */
  deadline(key: string): number | undefined;
  set(key: string, value: V, options?: { deadline?: number }): unknown;
}

/** Turns values into bytes and back. */
export interface ValueCodec<V> {
  /** Must not change the bytes later: they wait in memory until they have been written. */
  encode(value: V): Uint8Array;
  /** Gets bytes of its own, and may keep them. */
  decode(bytes: Uint8Array): V;
}

/** The record type of values in an application's own codec. */
export const APPLICATION_VALUE = 255;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The UTF-8 of a key.
 *
 * @throws SnapshotError `KEY_NOT_ENCODABLE`
 */
export function encodeKey(key: string): Uint8Array {
  if (!/\p{Surrogate}/u.test(key)) return encoder.encode(key);
  const message = `the key ${JSON.stringify(key)} holds a lone surrogate and has no UTF-8 form`;
  throw new SnapshotError('KEY_NOT_ENCODABLE', message);
}

/** The entries of a store, encoded at the moment of the call. */
export function storeSource<V>(store: SnapshotStore<V>, codec: ValueCodec<V>): EntrySource {
  return {
    freeze() {
      const entries: SnapshotEntry[] = [];
      for (const [key, value] of store.entries())
        entries.push({
          database: 0,
          key: encodeKey(key),
          value: codec.encode(value),
          type: APPLICATION_VALUE,
          encoding: 0,
          deadline: store.deadline(key),
        });
      return {
        count: entries.length,
        [Symbol.iterator]: () => entries[Symbol.iterator](),
        close: () => {
          entries.length = 0;
        },
      };
    },
  };
}

/**
 * The key of an entry that a store of this process has written.
 *
 * @throws SnapshotError `SNAPSHOT_FOREIGN`
 */
export function ownKey(entry: SnapshotEntry, path: string): string {
  const { type, encoding, database } = entry;
  if (type === APPLICATION_VALUE && encoding === 0 && database === 0)
    return decoder.decode(entry.key);
  const message = `${path} was written by something else: type ${type}, encoding ${encoding}, database ${database}`;
  throw new SnapshotError('SNAPSHOT_FOREIGN', message, { path });
}
