import type { CallOptions } from './call-options.ts';
import { type Command, type CommandKind, changesConnection, kindOf } from './command.ts';
import { KvError } from './errors.ts';
import type { SetOptions } from './kv-client.ts';
import type { Key, QueuedMethods } from './method-types.ts';
import { METHODS, methodCall } from './methods.ts';
import type { Scope } from './scope.ts';
import { setWords } from './set-words.ts';

declare const reply: unique symbol;

/** A call that waits in a batch, and says where its reply stands in the batch's result. */
export interface Queued<T> {
  readonly [reply]: T;
}

/** What a batch resolves with: the replies of the calls that were returned, in their places. */
export type BatchResult<Calls extends readonly Queued<unknown>[]> = {
  -readonly [Place in keyof Calls]: Calls[Place] extends Queued<infer T> ? T : never;
};

/** The calls of one batch: the methods of the command table, which only queue. */
export interface Batch extends Omit<QueuedMethods, 'set'> {
  /** As the client's `set`. */
  set(key: Key, value: unknown, options?: SetOptions): Queued<number>;
}

const SET = kindOf('SET');

class QueuedCall {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** Collects the calls of one batch; methods of the table are attached below. */
export class BatchBuilder {
  readonly #scope: Scope;
  readonly #commands: Command[] = [];

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  static {
    for (const [name, method] of METHODS) {
      if (name in BatchBuilder.prototype) continue;
      Object.defineProperty(BatchBuilder.prototype, name, {
        value(this: BatchBuilder, ...args: unknown[]) {
          const { words, options } = methodCall(method, args);
          return this.#add(method.kind, words, options);
        },
      });
    }
  }

  set(key: Key, value: unknown, options: SetOptions = {}): QueuedCall {
    return this.#add(SET, [key, value, ...setWords(options, this.#scope.ttlMs)], options);
  }

  #add(
    kind: CommandKind,
    args: readonly unknown[],
    { signal, timeoutMs, durable }: CallOptions,
  ): QueuedCall {
    const { name, row } = kind;
    if (changesConnection(kind) || row?.group === 'transactions' || name.endsWith('SUBSCRIBE'))
      throw new KvError('UNSUPPORTED', `${name} can't be part of a batch`);
    if (signal !== undefined || timeoutMs !== undefined || durable !== undefined)
      throw new KvError(
        'INVALID_ARGUMENT',
        'signal, timeoutMs and durable are options of the whole batch',
      );
    this.#commands.push({ kind, args: this.#scope.arguments(kind, args) });
    return new QueuedCall(this.#commands.length - 1);
  }

  /** What was queued. */
  static commands(batch: BatchBuilder): readonly Command[] {
    return batch.#commands;
  }

  /** The replies of the calls that a program asked for, in its order. */
  static pick(batch: BatchBuilder, calls: unknown, replies: readonly unknown[]): unknown[] {
    const scope = batch.#scope;
    return (calls as readonly QueuedCall[]).map(({ index }) => {
      const { kind } = batch.#commands[index] as Command;
      return scope.changesReply(kind) ? scope.reply(kind, replies[index]) : replies[index];
    });
  }

  /** Refuses what is no list of calls, a promise above all: later calls would be in no batch. */
  static check(calls: unknown): void {
    const areCalls = Array.isArray(calls) && calls.every((call) => call instanceof QueuedCall);
    if (areCalls) return;
    const given = calls instanceof Promise ? ', not a promise: nothing waits in a batch' : '';
    throw new KvError(
      'INVALID_ARGUMENT',
      `batch: the function returns an array of calls of the batch that it is given${given}`,
    );
  }
}
