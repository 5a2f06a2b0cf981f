import { checkCount, checkNames } from './arguments.ts';
import type { Clock } from './clock.ts';
import { KvStoreError } from './errors.ts';
import { EVICTION_POLICIES, type EvictionPolicy } from './eviction-order.ts';

/** More than any Map holds; a larger bound would be none. */
const MAX_ENTRIES_MAX = 2 ** 32;

/**
 * How an `ExpiringKeyValueStore` is made. Every option may be left out.
 *
 * @typeParam V - what is stored.
 */
export interface ExpiringKeyValueStoreOptions<V> {
  /** Where the time is read; the system's wall clock by default. */
  readonly clock?: Clock;

  /**
   * How many entries may be held, at least 1; unbounded by default. A bounded store
   * takes 25 bytes for each of the first million of them at once, and reserves 12 more for
   * its deadline.
   */
  readonly maxEntries?: number;

  /** What goes when `maxEntries` is reached; `lru` by default. */
  readonly policy?: EvictionPolicy;

  /**
   * Told every entry that is removed because its deadline came, just after its
   * removal: on the next access or sweep, not at the deadline itself.
   */
  readonly onExpire?: (key: string, value: V) => void;

  /** Told every entry that is removed to keep to `maxEntries`, just after its removal. */
  readonly onEvict?: (key: string, value: V) => void;
}

const OPTIONS = ['clock', 'maxEntries', 'policy', 'onExpire', 'onEvict'];

/** The options with the default policy filled in; throws `INVALID_ARGUMENT` for a bad one. */
export function checkedOptions<V>(
  options: ExpiringKeyValueStoreOptions<V>,
): ExpiringKeyValueStoreOptions<V> & { readonly policy: EvictionPolicy } {
  if (typeof options !== 'object' || options === null)
    throw new KvStoreError(
      'INVALID_ARGUMENT',
      'options must be an object like { maxEntries: 1000 }',
    );
  checkNames(options, OPTIONS);
  const { maxEntries, policy = 'lru' } = options;
  if (!EVICTION_POLICIES.includes(policy)) {
    const known = EVICTION_POLICIES.join(', ');
    throw new KvStoreError('INVALID_ARGUMENT', `policy must be one of ${known}, not ${policy}`);
  }
  if (maxEntries !== undefined) checkCount('maxEntries', maxEntries, MAX_ENTRIES_MAX);
  return { ...options, policy };
}
