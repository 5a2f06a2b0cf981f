/**
 * Why the byte engine refused.
 *
 * | code | when |
 * |---|---|
 * | `OUT_OF_MEMORY` | the system has no more, or the engine's address space is full |
 * | `TOO_LARGE` | a key over 1 MiB or a value over 512 MiB |
 */
export type ByteStoreErrorCode = 'OUT_OF_MEMORY' | 'TOO_LARGE';

/**
 * What the byte engine throws; nothing was changed then.
 *
 * @example
 * ```ts
 * import { ByteKeyValueStore, ByteStoreError } from '@kv/store';
 *
 * const store = new ByteKeyValueStore();
 * try {
 *   store.set('k'.repeat(2_000_000), Uint8Array.of(1));
 * } catch (error) {
 *   if (!(error instanceof ByteStoreError)) throw error;
 *   error.code; // => 'TOO_LARGE'
 * }
 * ```
 */
export class ByteStoreError extends Error {
  override readonly name = 'ByteStoreError';
  readonly code: ByteStoreErrorCode;

  constructor(code: ByteStoreErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
