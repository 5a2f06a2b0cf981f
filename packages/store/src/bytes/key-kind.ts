import { KvStoreError } from '../errors.ts';

/**
 * What the keys of a `ByteKeyValueStore` are: {@link stringKeys} or {@link byteKeys}.
 *
 * @typeParam K - what keys are answered as.
 */
export interface KeyKind<K> {
  /** Refuses what is no key. */
  check(key: unknown): void;
  /** A key from its bytes, which are its own. */
  decode(bytes: Uint8Array): K;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Keys are strings, kept as their UTF-8. A string with half of a surrogate pair has
 * none, and is refused rather than taken for another.
 */
export const stringKeys: KeyKind<string> = {
  check(key) {
    if (typeof key !== 'string')
      throw new KvStoreError('INVALID_KEY', `a key must be a string, not ${typeof key}`);
    checkWellFormed(key);
  },
  decode: (bytes) => decoder.decode(bytes),
};

/**
 * Keys are bytes, whatever they are; a string is taken as its UTF-8. All are answered
 * as `Uint8Array`.
 *
 * @example
 * ```ts
 * import { ByteKeyValueStore, byteKeys } from '@kv/store';
 *
 * const store = new ByteKeyValueStore({ keys: byteKeys });
 * store.set(Uint8Array.of(0xff, 0), Uint8Array.of(1));
 * store.get(Uint8Array.of(0xff, 0)); // => Uint8Array.of(1)
 * [...store.keys()]; // => [Uint8Array.of(0xff, 0)]
 * ```
 */
export const byteKeys: KeyKind<Uint8Array> = {
  check(key) {
    if (typeof key === 'string') checkWellFormed(key);
    else if (!(key instanceof Uint8Array))
      throw new KvStoreError('INVALID_KEY', `a key must be bytes or a string, not ${typeof key}`);
  },
  decode: (bytes) => bytes,
};

/** Half of a surrogate pair; with `u`, a whole pair is one character and no surrogate. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function checkWellFormed(key: string): void {
  if (LONE_SURROGATE.test(key))
    throw new KvStoreError('INVALID_KEY', 'a key with half of a surrogate pair has no UTF-8');
}
