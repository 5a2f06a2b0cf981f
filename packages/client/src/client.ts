import type { CommandName } from '@kv/protocol';
import type { CallOptions } from './call.ts';
import type { Caller, ClientState } from './caller.ts';
import { KvError } from './errors.ts';
import type { CommandMethods, ExecuteArguments, Key, ReplyOf } from './method-types.ts';
import { callMethod, METHODS } from './methods.ts';
import { keyText, type Scope, type ScopeOptions } from './scope.ts';

/** How `set` writes. */
export interface SetOptions extends CallOptions {
  /** Time to live in milliseconds, at least 1. */
  readonly ttlMs?: number | undefined;
  /** Absolute deadline, in Unix milliseconds. */
  readonly deadline?: number | undefined;
  /** Keeps the TTL that the key has. */
  readonly keepTtl?: boolean | undefined;
  /** Writes only if the key is absent, or only if it is present. */
  readonly if?: 'absent' | 'present' | undefined;
}

/** Which keys `scan` gives. */
export interface ScanOptions extends CallOptions {
  /** A glob pattern. */
  readonly match?: string | undefined;
  /** About how many keys the server looks at in one step. Default 100. */
  readonly count?: number | undefined;
  readonly type?: string | undefined;
}

/** What `close` waits for. */
export interface CloseOptions {
  /** How long calls that wait for their reply may still take. Default 1000. */
  readonly drainMs?: number;
}

const SCAN_COUNT = 100;
const DELETE_BATCH = 500;

/** Makes of the values' keys that are under way, so that a key is made once at a time. */
type Flights = Map<string, Promise<unknown>>;

/** What the scoped views of one client share. */
export interface Shared {
  readonly caller: Caller;
  readonly flights: Flights;
}

/** The methods that are more than a row of the table. */
class ClientCore implements AsyncDisposable {
  readonly #shared: Shared;
  readonly #scope: Scope;

  constructor(shared: Shared, scope: Scope) {
    this.#shared = shared;
    this.#scope = scope;
  }

  /** Where the client stands. It never throws by itself: calls do. */
  get state(): ClientState {
    return this.#shared.caller.state;
  }

  /** Calls that wait for their reply. */
  get pending(): number {
    return this.#shared.caller.pending;
  }

  /**
   * Sends any command: its arguments in Redis's order, values of any type.
   *
   * @example
   * ```ts
   * await client.execute('SET', 'key', { any: 'value' }, 'PX', 5000);
   * ```
   */
  execute<Name extends CommandName>(
    name: Name,
    ...args: ExecuteArguments<Name>
  ): Promise<ReplyOf<Name>>;
  execute(name: string, ...args: unknown[]): Promise<unknown>;
  execute(name: string, ...args: unknown[]): Promise<unknown> {
    return this.#send(name.toUpperCase(), args, {});
  }

  #send(name: string, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    const scope = this.#scope;
    try {
      const scoped = scope.arguments(name, args);
      const reply = this.#shared.caller.call(name, scoped, scope.callOptions(name, options));
      return scope.prefix === '' ? reply : reply.then((value) => scope.reply(name, value));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** {@link CommandMethods} end here. */
  protected method(name: string, args: readonly unknown[]): Promise<unknown> {
    const row = METHODS.get(name);
    if (row === undefined) throw new KvError('INVALID_ARGUMENT', `there is no method ${name}`);
    return callMethod((command, words, options) => this.#send(command, words, options), row, args);
  }

  /**
   * Writes a value of any type. Resolves with 1, and with 0 when `if` refused.
   *
   * @example
   * ```ts
   * await client.set('session', { user: 7n }, { ttlMs: 60_000 });
   * ```
   */
  set(key: Key, value: unknown, options: SetOptions = {}): Promise<number> {
    const { ttlMs, deadline, keepTtl, signal, timeoutMs } = options;
    const expiries = [ttlMs, deadline, keepTtl || undefined].filter((given) => given !== undefined);
    if (expiries.length > 1)
      return Promise.reject(
        new KvError('INVALID_ARGUMENT', 'ttlMs, deadline and keepTtl exclude each other'),
      );
    const words: unknown[] = [key, value];
    const ttl = expiries.length === 0 ? this.#scope.ttlMs : ttlMs;
    if (ttl !== undefined) words.push('PX', ttl);
    if (deadline !== undefined) words.push('PXAT', deadline);
    if (keepTtl) words.push('KEEPTTL');
    if (options.if !== undefined) words.push(options.if === 'absent' ? 'NX' : 'XX');
    return this.#send('SET', words, { signal, timeoutMs }) as Promise<number>;
  }

  /** As `mget`, with the keys in an array and options. */
  getMany<T = unknown>(
    keys: readonly Key[],
    options: CallOptions = {},
  ): Promise<(T | undefined)[]> {
    if (keys.length === 0) return Promise.resolve([]);
    return this.#send('MGET', keys, options) as Promise<(T | undefined)[]>;
  }

  /**
   * Writes several values and resolves with their number. Without a TTL all are
   * written in one moment (MSET); with one, one after the other in one round trip.
   */
  async setMany(
    entries: Iterable<readonly [Key, unknown]>,
    options: CallOptions & { readonly ttlMs?: number | undefined } = {},
  ): Promise<number> {
    const pairs = [...entries];
    if (pairs.length === 0) return 0;
    const ttlMs = options.ttlMs ?? this.#scope.ttlMs;
    if (ttlMs === undefined) return (await this.#send('MSET', pairs.flat(), options)) as number;
    await Promise.all(pairs.map(([key, value]) => this.set(key, value, { ...options, ttlMs })));
    return pairs.length;
  }

  /**
   * Reads a key; when it is absent, makes the value and writes it. However many
   * calls of this client ask for a key at once, it is made once.
   *
   * @example
   * ```ts
   * const user = await client.getOrSet('user:7', () => loadUser(7), { ttlMs: 60_000 });
   * ```
   */
  async getOrSet<T>(key: Key, make: () => T | Promise<T>, options: SetOptions = {}): Promise<T> {
    const { signal, timeoutMs } = options;
    const found = await this.#send('GET', [key], { signal, timeoutMs });
    if (found !== undefined) return found as T;
    const { flights } = this.#shared;
    const flight = keyText(this.#scope.key(key));
    const others = flights.get(flight);
    if (others !== undefined) return others as Promise<T>;
    const making = (async () => {
      const value = await make();
      await this.set(key, value, options);
      return value;
    })().finally(() => flights.delete(flight));
    flights.set(flight, making);
    return making;
  }

  /**
   * Goes through the keys of the database, each that stays exactly once.
   *
   * @example
   * ```ts
   * for await (const key of client.scan({ match: 'user:*' })) console.log(key);
   * ```
   */
  async *scan({
    match,
    count = SCAN_COUNT,
    type,
    ...options
  }: ScanOptions = {}): AsyncGenerator<Key> {
    const words: unknown[] = ['COUNT', count];
    if (match !== undefined) words.push('MATCH', match);
    if (type !== undefined) words.push('TYPE', type);
    let cursor = '0';
    do {
      const page = (await this.#send('SCAN', [cursor, ...words], options)) as [string, Key[]];
      cursor = page[0];
      yield* page[1];
    } while (cursor !== '0');
  }

  /** Empties the database, or in a view with a prefix deletes its keys. Resolves with their number. */
  async flush(options: CallOptions = {}): Promise<number> {
    if (this.#scope.prefix === '') return (await this.#send('FLUSH', [], options)) as number;
    let deleted = 0;
    let batch: Key[] = [];
    const drop = async () => {
      if (batch.length > 0) deleted += (await this.#send('DEL', batch, options)) as number;
      batch = [];
    };
    for await (const key of this.scan(options)) {
      if (batch.push(key) === DELETE_BATCH) await drop();
    }
    await drop();
    return deleted;
  }

  /** How many keys there are; a view with a prefix has to count its own. */
  async dbsize(options: CallOptions = {}): Promise<number> {
    if (this.#scope.prefix === '') return (await this.#send('DBSIZE', [], options)) as number;
    let count = 0;
    for await (const _key of this.scan(options)) count++;
    return count;
  }

  /**
   * A view on the same connection: keys get a prefix, which what comes back is
   * without; `ttlMs` holds for `set`, `setMany` and `getOrSet`, `signal` and
   * `timeoutMs` for every call.
   *
   * @example
   * ```ts
   * const sessions = client.with({ prefix: 'session:', ttlMs: 3_600_000 });
   * await sessions.set('7', { user: 'Alice' }); // SET session:7 ... PX 3600000
   * ```
   */
  with(options: ScopeOptions): KvClient {
    return createClient(this.#shared, this.#scope.narrowed(options));
  }

  /** Waits for replies, then closes the connection; the views of a client close with it. */
  close({ drainMs = 1000 }: CloseOptions = {}): Promise<void> {
    return this.#shared.caller.close(drainMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The methods of the table that {@link ClientCore} has in a form of its own. */
type OwnMethods = 'set' | 'scan' | 'flush' | 'dbsize';

/** A client: what {@link ClientCore} has, and a method for every other command. */
export interface KvClient extends ClientCore, Omit<CommandMethods, OwnMethods> {}

class Client extends ClientCore {
  static {
    for (const name of METHODS.keys()) {
      if (name in ClientCore.prototype) continue;
      Object.defineProperty(Client.prototype, name, {
        configurable: true,
        writable: true,
        value(this: Client, ...args: unknown[]) {
          return this.method(name, args);
        },
      });
    }
  }
}

/** @internal */
export function createClient(shared: Shared, scope: Scope): KvClient {
  return new Client(shared, scope) as unknown as KvClient;
}
