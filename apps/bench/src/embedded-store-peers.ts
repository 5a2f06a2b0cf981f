import type { ExpiringKeyValueStoreOptions } from '@kv/store';
import { versionOf } from './versions.ts';

/** A store as its users use it; a promise where its methods answer one. */
export interface SubjectStore {
  get(key: string): unknown;
  set(key: string, value: object): unknown;
  /** Undefined where the store knows no TTLs. */
  setWithTtl: ((key: string, value: object, ttlMs: number) => unknown) | undefined;
}

export interface Peer {
  readonly name: string;
  /** `undefined` is part of the language. */
  readonly package: string | undefined;
  /** Whether it evicts; the others grow. Like is to be compared with like. */
  readonly bounded: boolean;
  /**
   * Whether its `get` may answer what has expired: it leaves the check to a timer, or
   * remembers the time between two turns of the event loop, and so saves the clock.
   */
  readonly answersStale?: true;
  /** Whether a read bears on what it evicts next. */
  readonly evictsByUse?: true;
  /** Whether its methods answer promises. */
  readonly asynchronous?: true;
  /** Makes one with room for `entries`. */
  readonly load: () => Promise<(entries: number) => SubjectStore>;
}

const UNBOUNDED: readonly Peer[] = [
  {
    name: 'Map',
    package: undefined,
    bounded: false,
    load: async () => () => {
      const map = new Map<string, object>();
      return {
        get: (key) => map.get(key),
        set: (key, value) => map.set(key, value),
        setWithTtl: undefined,
      };
    },
  },
  expiring('ExpiringKeyValueStore', false, () => ({})),
  ttlCache('@isaacs/ttlcache', false, false),
  ttlCache('@isaacs/ttlcache, checkAgeOnGet', false, true),
  {
    name: 'node-cache, useClones: false',
    package: 'node-cache',
    bounded: false,
    load: async () => {
      const { default: NodeCache } = await import('node-cache');
      return () => {
        const cache = new NodeCache({ useClones: false });
        return {
          get: (key) => cache.get(key),
          set: (key, value) => cache.set(key, value),
          setWithTtl: (key, value, ttlMs) => cache.set(key, value, ttlMs / 1000),
        };
      };
    },
  },
  {
    name: 'keyv',
    package: 'keyv',
    bounded: false,
    asynchronous: true,
    load: async () => {
      const { Keyv } = await import('keyv');
      return () => {
        const keyv = new Keyv<object>();
        return {
          get: (key) => keyv.get(key),
          set: (key, value) => keyv.set(key, value),
          setWithTtl: (key, value, ttlMs) => keyv.set(key, value, ttlMs),
        };
      };
    },
  },
];

const BOUNDED: readonly Peer[] = [
  expiring('ExpiringKeyValueStore, sieve', true, (maxEntries) => ({
    maxEntries,
    policy: 'sieve',
  })),
  expiring('ExpiringKeyValueStore, lru', true, (maxEntries) => ({ maxEntries, policy: 'lru' })),
  lru('lru-cache', {}),
  lru('lru-cache, ttlResolution: 0', { ttlResolution: 0 }),
  ttlCache('@isaacs/ttlcache, max', true, false),
  ttlCache('@isaacs/ttlcache, max, checkAgeOnGet', true, true),
  {
    name: 'quick-lru',
    package: 'quick-lru',
    bounded: true,
    evictsByUse: true,
    load: async () => {
      const { default: QuickLru } = await import('quick-lru');
      return (maxSize) => {
        const cache = new QuickLru<string, object>({ maxSize });
        return {
          get: (key) => cache.get(key),
          set: (key, value) => cache.set(key, value),
          setWithTtl: (key, value, maxAge) => cache.set(key, value, { maxAge }),
        };
      };
    },
  },
];

/** The unbounded ones first. */
export const PEERS: readonly Peer[] = [...UNBOUNDED, ...BOUNDED];

/** Whether it can take part. */
export function isInstalled(peer: Peer): boolean {
  return peer.package === undefined || versionOf(peer.package) !== undefined;
}

function expiring(
  name: string,
  bounded: boolean,
  options: (entries: number) => ExpiringKeyValueStoreOptions<object>,
): Peer {
  const load: Peer['load'] = async () => {
    const { ExpiringKeyValueStore } = await import('@kv/store');
    return (entries) => {
      const store = new ExpiringKeyValueStore<object>(options(entries));
      return {
        get: (key) => store.get(key),
        set: (key, value) => store.set(key, value),
        setWithTtl: (key, value, ttlMs) => store.set(key, value, { ttlMs }),
      };
    };
  };
  return { name, package: '@kv/store', bounded, ...(bounded && { evictsByUse: true }), load };
}

function ttlCache(name: string, bounded: boolean, checkAgeOnGet: boolean): Peer {
  const load: Peer['load'] = async () => {
    const { TTLCache } = await import('@isaacs/ttlcache');
    return (max) => {
      const options = { ttl: Number.POSITIVE_INFINITY, checkAgeOnGet, ...(bounded && { max }) };
      const cache = new TTLCache<string, object>(options);
      return {
        get: (key) => cache.get(key),
        set: (key, value) => cache.set(key, value),
        setWithTtl: (key, value, ttl) => cache.set(key, value, { ttl }),
      };
    };
  };
  const stale = !checkAgeOnGet && { answersStale: true as const };
  return { name, package: '@isaacs/ttlcache', bounded, ...stale, load };
}

function lru(name: string, options: { readonly ttlResolution?: number }): Peer {
  const load: Peer['load'] = async () => {
    const { LRUCache } = await import('lru-cache');
    return (max) => {
      const cache = new LRUCache<string, object>({ max, ...options });
      return {
        get: (key) => cache.get(key),
        set: (key, value) => cache.set(key, value),
        setWithTtl: (key, value, ttl) => cache.set(key, value, { ttl }),
      };
    };
  };
  const stale = options.ttlResolution !== 0 && { answersStale: true as const };
  return { name, package: 'lru-cache', bounded: true, evictsByUse: true, ...stale, load };
}
