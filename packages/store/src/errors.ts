/**
 * What a {@link KvStoreError} is about. The code is the contract; the message
 * is for people and may change.
 *
 * - `INVALID_KEY`: the key is not a string.
 * - `INVALID_VALUE`: the value is `undefined`, which is reserved for "absent".
 * - `INVALID_TTL`: a TTL or a deadline is 0 or negative where that is refused,
 *   not a whole number, beyond 2^53-1 ms, or given twice.
 * - `INVALID_ARGUMENT`: anything else, such as a `maxEntries` of 0.
 */
export type KvStoreErrorCode = 'INVALID_KEY' | 'INVALID_VALUE' | 'INVALID_TTL' | 'INVALID_ARGUMENT';

/**
 * The error that every store of this package throws on a bad argument. It is
 * thrown before anything is touched, so the store is as it was.
 *
 * @example
 * ```ts
 * import { ExpiringKeyValueStore, KvStoreError } from '@kv/store';
 *
 * const store = new ExpiringKeyValueStore<string>();
 * try {
 *   store.set('session', 'Alice', { ttlMs: 0 });
 * } catch (error) {
 *   if (!(error instanceof KvStoreError)) throw error;
 *   error.code; // => 'INVALID_TTL'
 * }
 * ```
 */
export class KvStoreError extends Error {
  /** What is wrong, for programs. */
  readonly code: KvStoreErrorCode;

  constructor(code: KvStoreErrorCode, message: string) {
    super(message);
    this.name = 'KvStoreError';
    this.code = code;
  }
}
