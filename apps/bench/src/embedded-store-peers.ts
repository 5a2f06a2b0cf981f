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
  /** Whether its methods answer promises. */
  readonly asynchronous?: true;
  /** Makes one with room for `entries`. */
  readonly load: () => Promise<(entries: number) => SubjectStore>;
}

const TTL_MS = 3_600_000;

export const PEERS: readonly Peer[] = [
  {
    name: 'Map',
    package: undefined,
    load: async () => () => {
      const map = new Map<string, object>();
      return {
        get: (key) => map.get(key),
        set: (key, value) => map.set(key, value),
        setWithTtl: undefined,
      };
    },
  },
  {
    name: 'ExpiringKeyValueStore',
    package: '@kv/store',
    load: async () => {
      const { ExpiringKeyValueStore } = await import('@kv/store');
      return () => expiring(new ExpiringKeyValueStore<object>());
    },
  },
  {
    name: 'ExpiringKeyValueStore, maxEntries (lru)',
    package: '@kv/store',
    load: async () => {
      const { ExpiringKeyValueStore } = await import('@kv/store');
      return (entries) => expiring(new ExpiringKeyValueStore<object>({ maxEntries: entries }));
    },
  },
  {
    name: 'lru-cache',
    package: 'lru-cache',
    load: async () => {
      const { LRUCache } = await import('lru-cache');
      return (max) => lru(new LRUCache<string, object>({ max }));
    },
  },
  {
    name: 'lru-cache, ttl for all',
    package: 'lru-cache',
    load: async () => {
      const { LRUCache } = await import('lru-cache');
      return (max) => lru(new LRUCache<string, object>({ max, ttl: TTL_MS }));
    },
  },
  {
    name: 'quick-lru',
    package: 'quick-lru',
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
  {
    name: '@isaacs/ttlcache',
    package: '@isaacs/ttlcache',
    load: async () => {
      const { TTLCache } = await import('@isaacs/ttlcache');
      return () => {
        const cache = new TTLCache<string, object>({ ttl: Number.POSITIVE_INFINITY });
        return {
          get: (key) => cache.get(key),
          set: (key, value) => cache.set(key, value),
          setWithTtl: (key, value, ttl) => cache.set(key, value, { ttl }),
        };
      };
    },
  },
  {
    name: 'node-cache, useClones: false',
    package: 'node-cache',
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

/** Whether it can take part. */
export function isInstalled(peer: Peer): boolean {
  return peer.package === undefined || versionOf(peer.package) !== undefined;
}

function expiring(store: import('@kv/store').ExpiringKeyValueStore<object>): SubjectStore {
  return {
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    setWithTtl: (key, value, ttlMs) => store.set(key, value, { ttlMs }),
  };
}

function lru(cache: import('lru-cache').LRUCache<string, object>): SubjectStore {
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    setWithTtl: (key, value, ttl) => cache.set(key, value, { ttl }),
  };
}
