import { type CommandRow, commandNamed } from '@kv/protocol';
import type { CallOptions } from './call.ts';
import { KvError } from './errors.ts';
import type { Key } from './method-types.ts';

/** What a view changes; see `KvClient.with`. */
export interface ScopeOptions extends CallOptions {
  /** Put before every key; views of views put theirs behind. */
  readonly prefix?: string | undefined;
  /** Time to live of what is written without one. */
  readonly ttlMs?: number | undefined;
}

/** Commands whose meaning is the whole database: a prefix can't narrow them. */
const WHOLE_DATABASE = new Set(['RANDOMKEY', 'FLUSH', 'DBSIZE']);

/** Saving takes as long as it takes: the client's time limit is for the others. */
const UNHURRIED = new Set(['SAVE', 'SHUTDOWN']);

const encoder = new TextEncoder();
const latin1 = new TextDecoder('latin1');

/** A key as a string that is the same for the same bytes. */
export function keyText(key: Key): string {
  return latin1.decode(typeof key === 'string' ? encoder.encode(key) : key);
}

/** The prefix, TTL, signal and time limit of a view. */
export class Scope {
  readonly prefix: string;
  readonly ttlMs: number | undefined;
  private readonly call: CallOptions;
  private readonly prefixBytes: Uint8Array;

  constructor({ prefix = '', ttlMs, signal, timeoutMs }: ScopeOptions = {}) {
    this.prefix = prefix;
    this.prefixBytes = encoder.encode(prefix);
    this.ttlMs = ttlMs;
    this.call = { signal, timeoutMs };
  }

  narrowed(options: ScopeOptions): Scope {
    return new Scope({
      prefix: this.prefix + (options.prefix ?? ''),
      ttlMs: options.ttlMs ?? this.ttlMs,
      signal: bothSignals(this.call.signal, options.signal),
      timeoutMs: options.timeoutMs ?? this.call.timeoutMs,
    });
  }

  /** What holds for a call: its own options, then the view's. */
  callOptions(name: string, { signal, timeoutMs }: CallOptions): CallOptions {
    const limit = timeoutMs ?? this.call.timeoutMs ?? (UNHURRIED.has(name) ? 0 : undefined);
    return { signal: bothSignals(this.call.signal, signal), timeoutMs: limit };
  }

  /** A key with the prefix. */
  key(key: Key): Key {
    if (this.prefix === '') return key;
    if (typeof key === 'string') return this.prefix + key;
    const bytes = new Uint8Array(this.prefixBytes.length + key.length);
    bytes.set(this.prefixBytes);
    bytes.set(key, this.prefixBytes.length);
    return bytes;
  }

  /** The arguments of a command with the prefix on every key and pattern. */
  arguments(name: string, args: readonly unknown[]): readonly unknown[] {
    if (this.prefix === '') return args;
    const row: CommandRow | undefined = commandNamed(name);
    if (row === undefined || WHOLE_DATABASE.has(name))
      throw new KvError('UNSUPPORTED', `${name} can't be narrowed to the prefix ${this.prefix}`);
    if (name === 'KEYS') return [this.pattern(args[0]), ...args.slice(1)];
    if (name === 'SCAN') return this.scanArguments(args);
    const { length } = row.args;
    return args.map((arg, i) => {
      const place = row.repeat ? i % length : Math.min(i, length - 1);
      const { kind, many } = row.args[place] ?? {};
      const isKey = kind === 'key' && (row.repeat || many || i < length);
      return isKey ? this.key(arg as Key) : arg;
    });
  }

  private scanArguments(args: readonly unknown[]): unknown[] {
    const at = args.findIndex((arg, i) => i > 0 && String(arg).toUpperCase() === 'MATCH');
    if (at < 0) return [...args, 'MATCH', this.pattern('*')];
    return args.map((arg, i) => (i === at + 1 ? this.pattern(arg) : arg));
  }

  private pattern(pattern: unknown): string {
    return this.prefix.replace(/[*?[\]\\^]/g, '\\$&') + String(pattern);
  }

  /** A reply whose keys are without the prefix. */
  reply(name: string, reply: unknown): unknown {
    if (name === 'KEYS') return (reply as Key[]).map((key) => this.withoutPrefix(key));
    if (name !== 'SCAN') return reply;
    const [cursor, keys] = reply as [string, Key[]];
    return [cursor, keys.map((key) => this.withoutPrefix(key))];
  }

  private withoutPrefix(key: Key): Key {
    if (typeof key === 'string') return key.slice(this.prefix.length);
    return key.slice(this.prefixBytes.length);
  }
}

function bothSignals(
  a: AbortSignal | undefined,
  b: AbortSignal | undefined,
): AbortSignal | undefined {
  return a !== undefined && b !== undefined ? AbortSignal.any([a, b]) : (b ?? a);
}
