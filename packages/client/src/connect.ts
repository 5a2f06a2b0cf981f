import { Caller } from './caller.ts';
import { createClient } from './client.ts';
import type { KvClient } from './kv-client.ts';
import { type ConnectOptions, resolveOptions } from './options.ts';
import { Scope } from './scope.ts';

/**
 * Connects to a kvd server.
 *
 * Rejects with a `KvError`: `CONNECT` when no server answers, `AUTH` when it wants
 * another password, `PROTOCOL` when it is no kvd, `INVALID_ARGUMENT` for an option
 * that can't be. Later losses of the connection are repaired by themselves.
 *
 * @param target - a URL such as `kv://127.0.0.1:31337`, or options. Default: the
 * server on this machine.
 *
 * @example
 * ```ts
 * await using client = await connect('kv://127.0.0.1:31337');
 * await client.set('user:7', { name: 'Alice', since: new Date() });
 * const user = await client.get<{ name: string; since: Date }>('user:7');
 * ```
 */
export async function connect(target: string | ConnectOptions = {}): Promise<KvClient> {
  const caller = new Caller(resolveOptions(target));
  await caller.open();
  return createClient({ caller, flights: new Map() }, Scope.whole());
}
