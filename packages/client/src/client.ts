import { commandNamed, isContainer } from '@kv/protocol';
import { argumentText } from './argument-text.ts';
import { type Batch, BatchBuilder, type Queued } from './batch.ts';
import type { CallOptions } from './call.ts';
import type { Caller } from './caller.ts';
import { BatchError, invalid, KvError, ReplyError } from './errors.ts';
import { type Flights, singleFlight } from './flights.ts';
import type {
  CloseOptions,
  KvClient,
  OwnMethods,
  ScanOptions,
  SetManyOptions,
  SetOptions,
  SubscribeOptions,
  WriteOptions,
} from './kv-client.ts';
import type { Key } from './method-types.ts';
import { METHODS, type Method, methodCall } from './methods.ts';
import { keyText, type Scope, type ScopeOptions } from './scope.ts';
import { checkNames, setWords } from './set-words.ts';
import type { ClientState } from './state.ts';
import type { Subscription } from './subscription.ts';
import type { SubscriptionKind } from './subscriptions.ts';

const SCAN_COUNT = 100;
/** Keys that one DEL of `flush` names. */
const DELETE_BATCH = 500;
/** SETs that `setMany` has under way at once: far below what may wait. */
const SET_BATCH = 1000;
const DRAIN_MS = 1000;
/** So often `update` reads anew before it gives up. */
const UPDATE_ATTEMPTS_MAX = 32;

const SUBSCRIBE_OPTIONS = new Set(['queueMax', 'signal', 'timeoutMs']);
/** Messages that wait to be taken. */
const SUBSCRIPTION_QUEUE_MAX = 10_000;
const SET_MANY_OPTIONS = new Set(['ttlMs', 'signal', 'timeoutMs', 'durable']);
const NO_OPTIONS = {};

/** What the scoped views of one client share. */
export interface Shared {
  readonly caller: Caller;
  readonly flights: Flights;
}

/** {@link KvClient}, whose methods of the table are attached below. */
class Client implements Omit<OwnMethods, 'execute' | 'batch'> {
  readonly #shared: Shared;
  readonly #scope: Scope;

  constructor(shared: Shared, scope: Scope) {
    this.#shared = shared;
    this.#scope = scope;
  }

  static {
    for (const [name, method] of METHODS) {
      if (name in Client.prototype) continue;
      Object.defineProperty(Client.prototype, name, {
        configurable: true,
        writable: true,
        value(this: Client, ...args: unknown[]) {
          return this.#call(method, args);
        },
      });
    }
  }

  get state(): ClientState {
    return this.#shared.caller.state;
  }

  get pending(): number {
    return this.#shared.caller.pending;
  }

  execute(name: string, ...args: unknown[]): Promise<unknown> {
    const word = name.toUpperCase();
    if (word.endsWith('SUBSCRIBE'))
      return Promise.reject(
        new KvError('UNSUPPORTED', `${word} is a method: its messages need somebody to take them`),
      );
    if (args.length > 0 && isContainer(word)) {
      // `execute('CLIENT', 'ID')` is `execute('CLIENT ID')`, and what is known of it holds.
      const whole = `${word} ${argumentText(args[0]).toUpperCase()}`;
      if (commandNamed(whole) !== undefined) return this.#send(whole, args.slice(1), NO_OPTIONS);
    }
    return this.#send(word, args, NO_OPTIONS);
  }

  #call(method: Method, args: readonly unknown[]): Promise<unknown> {
    try {
      const { words, options } = methodCall(method, args);
      return this.#send(method.row.name, words, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #send(name: string, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    const scope = this.#scope;
    try {
      const words = scope.arguments(name, args);
      // The server closes the connection after QUIT, and the client would make another.
      if (name === 'QUIT') return this.quit();
      const reply = this.#shared.caller.call(name, words, scope.callLimits(name, options));
      return scope.changesReply(name) ? reply.then((keys) => scope.reply(name, keys)) : reply;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  set(key: Key, value: unknown, options: SetOptions = NO_OPTIONS): Promise<number> {
    if (options === NO_OPTIONS && this.#scope.ttlMs === undefined)
      return this.#send('SET', [key, value], options) as Promise<number>;
    try {
      const words = [key, value, ...setWords(options, this.#scope.ttlMs)];
      return this.#send('SET', words, options) as Promise<number>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async batch(
    build: (batch: Batch) => readonly Queued<unknown>[],
    options: CallOptions = NO_OPTIONS,
  ): Promise<unknown[]> {
    const builder = new BatchBuilder(this.#scope);
    const calls = build(builder as unknown as Batch);
    BatchBuilder.check(calls);
    const commands = BatchBuilder.commands(builder);
    if (commands.length === 0) return [];
    const { caller } = this.#shared;
    const replies = await caller.callBatch(commands, this.#scope.callLimits('EXEC', options));
    if (!Array.isArray(replies))
      throw new KvError('CONFLICT', 'nothing was executed: a watched key has changed');
    const failed = replies.find((reply) => reply instanceof ReplyError);
    if (failed !== undefined) throw new BatchError(failed, replies);
    return BatchBuilder.pick(builder, calls, replies);
  }

  async update<T>(
    key: Key,
    change: (current: T | undefined) => T | undefined | Promise<T | undefined>,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<T | undefined> {
    const { ttlMs = this.#scope.ttlMs, deadline, signal, timeoutMs } = options;
    const keepTtl = ttlMs === undefined && deadline === undefined;
    for (let attempt = 0; attempt < UPDATE_ATTEMPTS_MAX; attempt++) {
      const current = (await this.#send('GET', [key], { signal, timeoutMs })) as T | undefined;
      // What is compared stays as it was, whatever `change` does to the value.
      const before = this.#shared.caller.copyOf(current);
      const value = await change(current);
      if (value === undefined) return current;
      const condition = before === undefined ? 'absent' : { equals: before };
      if ((await this.set(key, value, { ...options, keepTtl, if: condition })) === 1) return value;
    }
    throw new KvError('CONFLICT', `update: others changed the key ${UPDATE_ATTEMPTS_MAX} times`);
  }

  getMany<T = unknown>(
    keys: readonly Key[],
    options: CallOptions = NO_OPTIONS,
  ): Promise<(T | undefined)[]> {
    if (keys.length === 0) return Promise.resolve([]);
    // The array is the caller's, who may change it before the request is sent again.
    return this.#send('MGET', [...keys], options) as Promise<(T | undefined)[]>;
  }

  async setMany(
    entries: Iterable<readonly [Key, unknown]>,
    options: SetManyOptions = NO_OPTIONS,
  ): Promise<number> {
    checkNames('setMany', options, SET_MANY_OPTIONS);
    const { ttlMs = this.#scope.ttlMs, ...call } = options;
    const pairs = [...entries];
    if (pairs.length === 0) return 0;
    if (ttlMs === undefined) return (await this.#send('MSET', pairs.flat(), call)) as number;
    for (let at = 0; at < pairs.length; at += SET_BATCH) {
      const batch = pairs.slice(at, at + SET_BATCH);
      await Promise.all(batch.map(([key, value]) => this.set(key, value, { ttlMs, ...call })));
    }
    return pairs.length;
  }

  async getOrSet<T>(
    key: Key,
    make: () => T | Promise<T>,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<T> {
    const { signal, ...write } = options;
    const { caller, flights } = this.#shared;
    const { database } = caller;
    const found = await this.#send('GET', [key], { signal, timeoutMs: options.timeoutMs });
    if (found !== undefined) return found as T;
    const flight = `${database}:${keyText(this.#scope.key(key))}`;
    const { signals } = this.#scope.callLimits('SET', { signal });
    return singleFlight(flights, flight, signals, async () => {
      const value = await make();
      if (value === undefined)
        throw new KvError('INVALID_ARGUMENT', 'getOrSet: make gave undefined; null can be stored');
      // Whoever selected another database meanwhile must not find the value there.
      if (caller.database === database) await this.#unsignalled().set(key, value, write);
      return value;
    });
  }

  /** What is made for others too is not given up with this view's signals. */
  #unsignalled(): Client {
    return new Client(this.#shared, this.#scope.unsignalled());
  }

  subscribe<T>(channels: Key | readonly Key[], options?: SubscribeOptions): Subscription<T> {
    return this.#listen('message', channels, options) as Subscription<T>;
  }

  psubscribe<T>(patterns: Key | readonly Key[], options?: SubscribeOptions): Subscription<T> {
    return this.#listen('pmessage', patterns, options) as Subscription<T>;
  }

  ssubscribe<T>(channels: Key | readonly Key[], options?: SubscribeOptions): Subscription<T> {
    return this.#listen('smessage', channels, options) as Subscription<T>;
  }

  #listen(
    kind: SubscriptionKind,
    given: Key | readonly Key[],
    options: SubscribeOptions = NO_OPTIONS,
  ): Subscription {
    checkNames('subscribe', options, SUBSCRIBE_OPTIONS);
    const { queueMax = SUBSCRIPTION_QUEUE_MAX, ...limits } = options;
    if (!(Number.isSafeInteger(queueMax) && queueMax >= 1))
      throw invalid('queueMax', queueMax, 'a whole number, at least 1');
    const names = typeof given === 'string' || given instanceof Uint8Array ? [given] : [...given];
    if (names.length === 0) throw invalid('subscribe', '[]', 'given a channel or pattern at least');
    const { signals, timeoutMs } = this.#scope.callLimits('SUBSCRIBE', limits);
    return this.#shared.caller.subscriptions.open(kind, names, { queueMax, signals, timeoutMs });
  }

  unsubscribe(...channels: Key[]): Promise<number> {
    return this.#shared.caller.subscriptions.close('message', channels);
  }

  punsubscribe(...patterns: Key[]): Promise<number> {
    return this.#shared.caller.subscriptions.close('pmessage', patterns);
  }

  sunsubscribe(...channels: Key[]): Promise<number> {
    return this.#shared.caller.subscriptions.close('smessage', channels);
  }

  async *scan(options: ScanOptions = NO_OPTIONS): AsyncGenerator<Key, void, void> {
    const { match, count = SCAN_COUNT, type } = options;
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

  async flush(options: CallOptions = NO_OPTIONS): Promise<number> {
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

  async dbsize(options: CallOptions = NO_OPTIONS): Promise<number> {
    if (this.#scope.prefix === '') return (await this.#send('DBSIZE', [], options)) as number;
    let count = 0;
    for await (const _key of this.scan(options)) count++;
    return count;
  }

  with(options: ScopeOptions): KvClient {
    return createClient(this.#shared, this.#scope.narrowed(options));
  }

  async quit(): Promise<string> {
    await this.close();
    return 'OK';
  }

  close({ drainMs = DRAIN_MS }: CloseOptions = NO_OPTIONS): Promise<void> {
    return this.#shared.caller.close(drainMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** @internal */
export function createClient(shared: Shared, scope: Scope): KvClient {
  return new Client(shared, scope) as unknown as KvClient;
}
