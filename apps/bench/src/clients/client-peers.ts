import { connect } from '@kv/client';

/** The calls that are compared, in whatever way a client makes them. */
interface ComparedClient {
  set(key: string, value: unknown): Promise<unknown>;
  get(key: string): Promise<unknown>;
  close(): unknown;
}

/** What a value is to a client that knows strings only. */
export type ValueKind = 'strings' | 'objects';

/** Where a server listens. */
interface ServerPlace {
  readonly host: string;
  readonly port: number;
}

/** A client and the server that it is measured on. */
export interface ClientPeer {
  /** Names the pair of them. */
  readonly name: string;
  readonly client: string;
  /** An option that is not its default. */
  readonly mode?: string;
  readonly package: string;
  readonly server: 'redis-server' | 'kvd';
  readonly connect: (place: ServerPlace, kind: ValueKind) => Promise<ComparedClient>;
}

/** What the Redis clients have in common. */
interface StringClient {
  set(key: string, value: string): Promise<unknown>;
  get(key: string): Promise<unknown>;
}

/** A client of strings; objects go through JSON. */
function withStrings(client: StringClient, kind: ValueKind, close: () => unknown): ComparedClient {
  if (kind === 'strings')
    return {
      set: (key, value) => client.set(key, value as string),
      get: (key) => client.get(key),
      close,
    };
  return {
    set: (key, value) => client.set(key, JSON.stringify(value)),
    get: async (key) => JSON.parse((await client.get(key)) as string),
    close,
  };
}

async function connectNodeRedis(socket: ServerPlace, kind: ValueKind): Promise<ComparedClient> {
  const { createClient } = await import('redis');
  const client = createClient({ socket });
  await client.connect();
  return withStrings(client, kind, () => client.close());
}

async function connectIoredis(
  place: ServerPlace,
  kind: ValueKind,
  enableAutoPipelining: boolean,
): Promise<ComparedClient> {
  const { Redis } = await import('ioredis');
  const client = new Redis({ ...place, enableAutoPipelining });
  return withStrings(client, kind, () => client.quit());
}

/** Ours takes strings and objects as they are. */
async function connectOurs(place: ServerPlace): Promise<ComparedClient> {
  const client = await connect(place);
  return {
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    close: () => client.close(),
  };
}

/** The peer that the others are relative to. */
export const REFERENCE = 'node-redis';
export const OURS = '@kv/client';

export const CLIENT_PEERS: readonly ClientPeer[] = [
  {
    name: REFERENCE,
    client: 'node-redis',
    package: 'redis',
    server: 'redis-server',
    connect: connectNodeRedis,
  },
  {
    name: 'ioredis',
    client: 'ioredis',
    package: 'ioredis',
    server: 'redis-server',
    connect: (place, kind) => connectIoredis(place, kind, false),
  },
  {
    name: 'ioredis-auto',
    client: 'ioredis',
    mode: 'auto-pipelining',
    package: 'ioredis',
    server: 'redis-server',
    connect: (place, kind) => connectIoredis(place, kind, true),
  },
  {
    name: 'node-redis-on-kvd',
    client: 'node-redis',
    package: 'redis',
    server: 'kvd',
    connect: connectNodeRedis,
  },
  {
    name: OURS,
    client: '@kv/client',
    package: '@kv/client',
    server: 'kvd',
    connect: connectOurs,
  },
];
