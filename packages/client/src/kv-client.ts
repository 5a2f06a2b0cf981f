import type { Batch, BatchResult, Queued } from './batch.ts';
import type { CallOptions } from './call-options.ts';
import type {
  AnyCase,
  CommandMethods,
  ExecuteArguments,
  Key,
  Named,
  OtherName,
  ReplyOf,
} from './method-types.ts';
import type { ScopeOptions } from './scope.ts';
import type { ClientState } from './state.ts';
import type { Subscription } from './subscription.ts';

/** When something that is written ends. */
export interface WriteOptions extends CallOptions {
  /** Time to live in milliseconds, at least 1. */
  readonly ttlMs?: number | undefined;
  /** Absolute deadline, in Unix milliseconds. */
  readonly deadline?: number | undefined;
}

/** How `set` writes. */
export interface SetOptions extends WriteOptions {
  /** Keeps the TTL that the key has. */
  readonly keepTtl?: boolean | undefined;
  /**
   * Writes only if the key is absent, only if it is present, or only if it holds a value
   * that is equal to this one: types are compared too, numbers by what they are worth.
   */
  readonly if?: 'absent' | 'present' | { readonly equals: unknown } | undefined;
}

/** How `setMany` writes. */
export interface SetManyOptions extends CallOptions {
  /** Time to live in milliseconds, at least 1. */
  readonly ttlMs?: number | undefined;
}

/** Which keys `scan` gives. */
export interface ScanOptions extends CallOptions {
  /** A glob pattern: `*` any run, `?` any byte, `[a-c]` one of a set, `\x` x itself. */
  readonly match?: string | undefined;
  /** About how many keys the server looks at in one step. Default 100. */
  readonly count?: number | undefined;
  /** Only keys of this kind, such as `string`. */
  readonly type?: string | undefined;
}

/** How a subscription listens. */
export interface SubscribeOptions extends Omit<CallOptions, 'durable'> {
  /** How many messages may wait to be taken; one more drops them all, and says so. Default 10000. */
  readonly queueMax?: number | undefined;
}

/** What `close` waits for. */
export interface CloseOptions {
  /** How long calls that wait for their reply may still take. Default 1000. */
  readonly drainMs?: number | undefined;
}

/** The methods that are more than a row of the command table. */
export interface OwnMethods extends AsyncDisposable {
  /** Where the client stands. It never throws by itself: calls do. */
  readonly state: ClientState;

  /** Calls that wait for their reply. */
  readonly pending: number;

  /**
   * Sends any command: its arguments in Redis's order, values of any type. A command
   * of the table is typed by its row; a type argument says what else comes back.
   *
   * @example
   * ```ts
   * await client.execute('SETEX', 'key', 60, { any: 'value' });
   * const user = await client.execute<User | undefined>('GET', 'user:7');
   * ```
   */
  execute<Name extends AnyCase>(
    name: Name,
    ...args: ExecuteArguments<Named<Name>>
  ): Promise<ReplyOf<Named<Name>>>;
  execute<Name extends string>(name: OtherName<Name>, ...args: unknown[]): Promise<unknown>;
  execute<T = never>(name: [T] extends [never] ? never : string, ...args: unknown[]): Promise<T>;

  /**
   * Writes a value of any type. Resolves with 1, and with 0 when `if` refused.
   *
   * @example
   * ```ts
   * await client.set('session', { user: 7n }, { ttlMs: 60_000 });
   * ```
   */
  set(key: Key, value: unknown, options?: SetOptions): Promise<number>;

  /**
   * Sends several calls that are executed with nobody in between, and resolves with the
   * replies of those that are returned. In a batch methods only queue: they give no
   * promises. When the server refuses a command beforehand, none is executed and that
   * error is what rejects; what fails when it is executed rejects with a `BatchError`.
   *
   * @example
   * ```ts
   * const [visits, user] = await client.batch((b) => [b.incr('visits'), b.get<User>('user:7')]);
   * ```
   */
  batch<const Calls extends readonly Queued<unknown>[]>(
    build: (batch: Batch) => Calls,
    options?: CallOptions,
  ): Promise<BatchResult<Calls>>;

  /**
   * Changes a value: reads it, and writes what `change` makes of it only if nobody has
   * changed it meanwhile; else all over again. `undefined` leaves it as it is. The key
   * keeps its TTL unless `ttlMs` or `deadline` says another. Resolves with the value
   * there is then. Rejects with `CONFLICT` when others were faster 32 times.
   *
   * @example
   * ```ts
   * await client.update<Cart>('cart:7', (cart) => ({ items: [...(cart?.items ?? []), item] }));
   * ```
   */
  update<T>(
    key: Key,
    change: (current: T | undefined) => T | undefined | Promise<T | undefined>,
    options?: WriteOptions,
  ): Promise<T | undefined>;

  /**
   * As `mget`, with the keys in an array and options. No keys, no request.
   *
   * @example
   * ```ts
   * const [a, b] = await client.getMany<number>(['a', 'b'], { timeoutMs: 100 });
   * ```
   */
  getMany<T = unknown>(keys: readonly Key[], options?: CallOptions): Promise<(T | undefined)[]>;

  /**
   * Writes several values and resolves with their number. Without a TTL all are
   * written in one moment (MSET); with one, one after the other, in few round trips.
   *
   * @example
   * ```ts
   * await client.setMany(new Map([['a', 1], ['b', 2]]), { ttlMs: 60_000 }); // 2
   * ```
   */
  setMany(entries: Iterable<readonly [Key, unknown]>, options?: SetManyOptions): Promise<number>;

  /**
   * Reads a key; when it is absent, makes the value, writes it and resolves with it.
   * However many calls of this client and its views ask for a key at once, it is made
   * once. When `make` or the write fails, all of them are rejected, and the next call
   * makes it anew. A signal ends the waiting of its own call only.
   *
   * `make` must not give `undefined`, which is absence: `null` can be stored.
   *
   * @example
   * ```ts
   * const user = await client.getOrSet('user:7', () => loadUser(7), { ttlMs: 60_000 });
   * ```
   */
  getOrSet<T>(key: Key, make: () => T | Promise<T>, options?: WriteOptions): Promise<T>;

  /**
   * Goes through the keys of the database, page by page. A key that is there from the
   * first page to the last is given exactly once.
   *
   * @example
   * ```ts
   * for await (const key of client.scan({ match: 'user:*' })) console.log(key);
   * ```
   */
  scan(options?: ScanOptions): AsyncGenerator<Key, void, void>;

  /**
   * Empties the database, or in a view with a prefix deletes its keys, page by page.
   * Resolves with their number.
   */
  flush(options?: CallOptions): Promise<number>;

  /** How many keys there are; a view with a prefix has to go through all keys to count its own. */
  dbsize(options?: CallOptions): Promise<number>;

  /**
   * A view on the same connection: keys get a prefix, which what comes back is
   * without; `ttlMs` holds for `set`, `setMany` and `getOrSet`, `signal` and
   * `timeoutMs` for every call.
   *
   * @throws {@link KvError} `INVALID_ARGUMENT` for an option that can't be
   *
   * @example
   * ```ts
   * const sessions = client.with({ prefix: 'session:', ttlMs: 3_600_000 });
   * await sessions.set('7', { user: 'Alice' }); // SET session:7 ... PX 3600000
   * ```
   */
  with(options: ScopeOptions): KvClient;

  /**
   * Listens to channels: gives what is published as it comes, typed as its publisher gave
   * it. It survives the connection: the next one is told again, and a `missed` event says
   * that there may have been messages in between. A channel is no key: it has no prefix.
   *
   * @example
   * ```ts
   * await using news = client.subscribe<News>('news');
   * for await (const event of news) {
   *   if (event.kind === 'message') show(event.value);
   *   else reload(event.reason); // some may have been missed
   * }
   * ```
   */
  subscribe<T = unknown>(
    channels: Key | readonly Key[],
    options?: SubscribeOptions,
  ): Subscription<T>;

  /** As `subscribe`, to the channels that match a glob pattern. */
  psubscribe<T = unknown>(
    patterns: Key | readonly Key[],
    options?: SubscribeOptions,
  ): Subscription<T>;

  /** As `subscribe`, to shard channels: what `spublish` publishes. */
  ssubscribe<T = unknown>(
    channels: Key | readonly Key[],
    options?: SubscribeOptions,
  ): Subscription<T>;

  /**
   * Closes the subscriptions of this client and its views that have one of these channels,
   * or without channels all of them. Resolves with their number.
   */
  unsubscribe(...channels: Key[]): Promise<number>;

  /** As `unsubscribe`, for patterns. */
  punsubscribe(...patterns: Key[]): Promise<number>;

  /** As `unsubscribe`, for shard channels. */
  sunsubscribe(...channels: Key[]): Promise<number>;

  /** The same as `close()`; resolves with `'OK'`. */
  quit(): Promise<string>;

  /**
   * Waits for replies, then closes the connection; a client and its views close
   * together. May be called again, in any state. `await using` calls it.
   *
   * @example
   * ```ts
   * await client.close({ drainMs: 5000 });
   * ```
   */
  close(options?: CloseOptions): Promise<void>;
}

/** A client, or a view of one: {@link OwnMethods}, and a method for every other command. */
export interface KvClient extends OwnMethods, Omit<CommandMethods, keyof OwnMethods> {}
