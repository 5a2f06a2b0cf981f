import { type Batch, BatchBuilder, type Queued } from './batch.ts';
import type { CallOptions } from './call-options.ts';
import type { Caller } from './caller.ts';
import { callOptions, checkOptions } from './check-options.ts';
import { type CommandKind, commandOf, kindOf } from './command.ts';
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
import { setWords } from './set-words.ts';
import { type Calls, countAll, deleteAll, scan, setMany, update } from './several-calls.ts';
import type { ClientState } from './state.ts';
import type { Subscription } from './subscription.ts';
import type { SubscriptionKind } from './subscriptions.ts';

const DRAIN_MS = 1000;

const GET = kindOf('GET');
const SET = kindOf('SET');
const MGET = kindOf('MGET');
const FLUSH = kindOf('FLUSH');
const DBSIZE = kindOf('DBSIZE');
const EXEC = kindOf('EXEC');
const SUBSCRIBE = kindOf('SUBSCRIBE');

const CALL_OPTIONS = callOptions();
const GET_OR_SET_OPTIONS = callOptions('ttlMs', 'deadline');
const SUBSCRIBE_OPTIONS = new Set(['queueMax', 'signal', 'timeoutMs']);
const CLOSE_OPTIONS = new Set(['drainMs']);
/** Messages that wait to be taken. */
const SUBSCRIPTION_QUEUE_MAX = 10_000;
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
    const command = commandOf(name, args);
    const word = command.kind.name;
    if (word.endsWith('SUBSCRIBE'))
      return Promise.reject(
        new KvError('UNSUPPORTED', `${word} is a method: its messages need somebody to take them`),
      );
    return this.#send(command.kind, command.args, NO_OPTIONS);
  }

  /** What operations of several calls are made of. */
  get #calls(): Calls {
    const { caller } = this.#shared;
    return {
      send: (kind, args, options) => this.#send(kind, args, options),
      set: (key, value, options) => this.set(key, value, options),
      ttlMs: this.#scope.ttlMs,
      copyOf: (value) => caller.copyOf(value),
    };
  }

  #call(method: Method, args: readonly unknown[]): Promise<unknown> {
    try {
      const { words, options } = methodCall(method, args);
      return this.#send(method.kind, words, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #send(kind: CommandKind, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    const scope = this.#scope;
    try {
      const words = scope.arguments(kind, args);
      // The server closes the connection after QUIT, and the client would make another.
      if (kind.name === 'QUIT') return this.quit();
      const reply = this.#shared.caller.call(kind, words, scope.callLimits(kind, options));
      return scope.changesReply(kind) ? reply.then((keys) => scope.reply(kind, keys)) : reply;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  set(key: Key, value: unknown, options: SetOptions = NO_OPTIONS): Promise<number> {
    if (options === NO_OPTIONS && this.#scope.ttlMs === undefined)
      return this.#send(SET, [key, value], options) as Promise<number>;
    try {
      const words = [key, value, ...setWords(options, this.#scope.ttlMs)];
      return this.#send(SET, words, options) as Promise<number>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async batch(
    build: (batch: Batch) => readonly Queued<unknown>[],
    options: CallOptions = NO_OPTIONS,
  ): Promise<unknown[]> {
    checkOptions('batch', options, CALL_OPTIONS);
    const builder = new BatchBuilder(this.#scope);
    const calls = build(builder as unknown as Batch);
    BatchBuilder.check(calls);
    const commands = BatchBuilder.commands(builder);
    if (commands.length === 0) return [];
    const { caller } = this.#shared;
    const replies = await caller.callBatch(commands, this.#scope.callLimits(EXEC, options));
    if (!Array.isArray(replies))
      throw new KvError('CONFLICT', 'nothing was executed: a watched key has changed');
    const failed = replies.find((reply) => reply instanceof ReplyError);
    if (failed !== undefined) throw new BatchError(failed, replies);
    return BatchBuilder.pick(builder, calls, replies);
  }

  update<T>(
    key: Key,
    change: (current: T | undefined) => T | undefined | Promise<T | undefined>,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<T | undefined> {
    return update(this.#calls, key, change, options);
  }

  async getMany<T = unknown>(
    keys: readonly Key[],
    options: CallOptions = NO_OPTIONS,
  ): Promise<(T | undefined)[]> {
    checkOptions('getMany', options, CALL_OPTIONS);
    if (!Array.isArray(keys)) throw invalid('keys', keys, 'an array');
    if (keys.length === 0) return [];
    return (await this.#send(MGET, keys, options)) as (T | undefined)[];
  }

  setMany(
    entries: Iterable<readonly [Key, unknown]>,
    options: SetManyOptions = NO_OPTIONS,
  ): Promise<number> {
    return setMany(this.#calls, entries, options);
  }

  async getOrSet<T>(
    key: Key,
    make: () => T | Promise<T>,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<T> {
    checkOptions('getOrSet', options, GET_OR_SET_OPTIONS);
    const { signal, ...write } = options;
    const { caller, flights } = this.#shared;
    const { database } = caller;
    const found = await this.#send(GET, [key], { signal, timeoutMs: options.timeoutMs });
    if (found !== undefined) return found as T;
    const flight = `${database}:${keyText(this.#scope.key(key))}`;
    const { signals } = this.#scope.callLimits(SET, { signal });
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
    checkOptions('subscribe', options, SUBSCRIBE_OPTIONS);
    const { queueMax = SUBSCRIPTION_QUEUE_MAX, ...limits } = options;
    if (!(Number.isSafeInteger(queueMax) && queueMax >= 1))
      throw invalid('queueMax', queueMax, 'a whole number, at least 1');
    const names = Array.isArray(given) ? [...given] : [given as Key];
    if (names.length === 0)
      throw new KvError('INVALID_ARGUMENT', 'subscribe: there is no channel or pattern');
    const { signals, timeoutMs } = this.#scope.callLimits(SUBSCRIBE, limits);
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

  scan(options: ScanOptions = NO_OPTIONS): AsyncGenerator<Key, void, void> {
    return scan(this.#calls, options);
  }

  async flush(options: CallOptions = NO_OPTIONS): Promise<number> {
    checkOptions('flush', options, CALL_OPTIONS);
    if (this.#scope.prefix !== '') return deleteAll(this.#calls, options);
    return this.#send(FLUSH, [], options) as Promise<number>;
  }

  async dbsize(options: CallOptions = NO_OPTIONS): Promise<number> {
    checkOptions('dbsize', options, CALL_OPTIONS);
    if (this.#scope.prefix !== '') return countAll(this.#calls, options);
    return this.#send(DBSIZE, [], options) as Promise<number>;
  }

  with(options: ScopeOptions): KvClient {
    return createClient(this.#shared, this.#scope.narrowed(options));
  }

  async quit(): Promise<string> {
    await this.close();
    return 'OK';
  }

  async close(options: CloseOptions = NO_OPTIONS): Promise<void> {
    checkOptions('close', options, CLOSE_OPTIONS);
    await this.#shared.caller.close(options.drainMs ?? DRAIN_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** @internal */
export function createClient(shared: Shared, scope: Scope): KvClient {
  return new Client(shared, scope) as unknown as KvClient;
}
