import type { CommandRow } from '@kv/protocol';
import { argumentText } from './argument-text.ts';
import type { CallLimits, CallOptions } from './call-options.ts';
import { callOptions, checkOptions } from './check-options.ts';
import { type CommandKind, changesConnection } from './command.ts';
import { invalid, KvError } from './errors.ts';
import type { Key } from './method-types.ts';
import { checkText, checkTimeout } from './options.ts';

/** What a view changes; see `KvClient.with`. */
export interface ScopeOptions extends CallOptions {
  /** Put before every key; views of views put theirs behind. */
  readonly prefix?: string | undefined;
  /** Time to live of what `set`, `setMany` and `getOrSet` write without one. */
  readonly ttlMs?: number | undefined;
}

/** Commands whose meaning is the whole database: a prefix can't narrow them. */
const WHOLE_DATABASE = new Set(['RANDOMKEY', 'FLUSH', 'FLUSHDB', 'FLUSHALL', 'SWAPDB', 'DBSIZE']);

/** Commands whose first argument is a pattern for keys. */
const BY_PATTERN = new Set(['KEYS', 'DELMATCH']);

/** Glob characters that mean something outside of brackets; see the server's `KEYS`. */
const GLOB = /[*?[\\]/g;

const SCOPE_OPTIONS = callOptions('prefix', 'ttlMs');

const NO_SIGNALS: readonly AbortSignal[] = [];
const encoder = new TextEncoder();
const latin1 = new TextDecoder('latin1');

/** A key as a string that is the same for the same bytes, and for no others. */
export function keyText(key: Key): string {
  return latin1.decode(typeof key === 'string' ? encoder.encode(key) : key);
}

interface ScopeState {
  readonly prefix: string;
  readonly ttlMs: number | undefined;
  readonly isView: boolean;
  readonly limits: CallLimits;
}

/** The prefix, TTL, signals and time limit of a view, and what they do to calls. */
export class Scope {
  readonly prefix: string;
  readonly ttlMs: number | undefined;
  private readonly isView: boolean;
  private readonly limits: CallLimits;
  private readonly prefixBytes: Uint8Array;

  private constructor({ prefix, ttlMs, isView, limits }: ScopeState) {
    this.prefix = prefix;
    this.prefixBytes = encoder.encode(prefix);
    this.ttlMs = ttlMs;
    this.isView = isView;
    this.limits = limits;
  }

  /** The scope of a client that is no view. */
  static whole(): Scope {
    const limits = { signals: NO_SIGNALS, timeoutMs: undefined, durable: false };
    return new Scope({ prefix: '', ttlMs: undefined, isView: false, limits });
  }

  narrowed(options: ScopeOptions): Scope {
    checkOptions('with', options, SCOPE_OPTIONS);
    const { prefix = '', ttlMs = this.ttlMs, signal, timeoutMs, durable } = options;
    checkText('prefix', prefix);
    if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs >= 1))
      throw invalid('ttlMs', ttlMs, 'a whole number of milliseconds, at least 1');
    if (timeoutMs !== undefined) checkTimeout('timeoutMs', timeoutMs);
    const { limits } = this;
    return new Scope({
      prefix: this.prefix + prefix,
      ttlMs,
      isView: true,
      limits: {
        signals: signal === undefined ? limits.signals : [...limits.signals, signal],
        timeoutMs: timeoutMs ?? limits.timeoutMs,
        durable: durable ?? limits.durable,
      },
    });
  }

  /** The same without its signals. */
  unsignalled(): Scope {
    const limits = { ...this.limits, signals: NO_SIGNALS };
    return new Scope({ prefix: this.prefix, ttlMs: this.ttlMs, isView: this.isView, limits });
  }

  /** What holds for a call: every signal, and its own time limit before the view's. */
  callLimits({ unhurried }: CommandKind, { signal, timeoutMs, durable }: CallOptions): CallLimits {
    const { limits } = this;
    const waits = durable ?? limits.durable;
    const limit = timeoutMs ?? limits.timeoutMs ?? (unhurried ? 0 : undefined);
    if (signal === undefined && limit === limits.timeoutMs && waits === limits.durable)
      return limits;
    const signals = signal === undefined ? limits.signals : [...limits.signals, signal];
    return { signals, timeoutMs: limit, durable: waits };
  }

  /** A key with the prefix. */
  key(key: Key): Key {
    if (this.prefix === '') return key;
    if (typeof key === 'string') return this.prefix + key;
    if (!(key instanceof Uint8Array)) throw invalid('key', key, 'a string or bytes');
    return this.joined(key);
  }

  private joined(bytes: Uint8Array, prefix = this.prefixBytes): Uint8Array {
    const all = new Uint8Array(prefix.length + bytes.length);
    all.set(prefix);
    all.set(bytes, prefix.length);
    return all;
  }

  /** The arguments of a command with the prefix on every key and pattern. */
  arguments(kind: CommandKind, args: readonly unknown[]): readonly unknown[] {
    const { name, row } = kind;
    if (this.isView && changesConnection(kind))
      throw new KvError(
        'UNSUPPORTED',
        `${name} is for the client: it changes what all views share`,
      );
    if (this.prefix === '') return args;
    if (row === undefined || WHOLE_DATABASE.has(name))
      throw new KvError('UNSUPPORTED', `${name} can't be narrowed to the prefix ${this.prefix}`);
    if (BY_PATTERN.has(name)) return [this.pattern(args[0]), ...args.slice(1)];
    if (name === 'SCAN') return this.scanArguments(args);
    if (row.counted) return this.countedArguments(row, args);
    const places = row.args;
    return args.map((arg, i) => {
      const place = row.repeat ? i % places.length : Math.min(i, places.length - 1);
      const isKey =
        places[place]?.kind === 'key' && (place === i || row.repeat || places[place].many);
      return isKey ? this.key(arg as Key) : arg;
    });
  }

  /** Behind the count there are so many groups of arguments, then options. */
  private countedArguments(
    { args: [, ...places] }: CommandRow,
    args: readonly unknown[],
  ): unknown[] {
    const end = 1 + Number(args[0]) * places.length;
    return args.map((arg, i) => {
      const isKey = i > 0 && i < end && places[(i - 1) % places.length]?.kind === 'key';
      return isKey ? this.key(arg as Key) : arg;
    });
  }

  /** Behind the cursor there are pairs of a token and its operand. */
  private scanArguments(args: readonly unknown[]): unknown[] {
    const words = [...args];
    for (let i = 1; i < words.length; i += 2) {
      if (argumentText(words[i]).toUpperCase() !== 'MATCH') continue;
      words[i + 1] = this.pattern(words[i + 1]);
      return words;
    }
    return [...words, 'MATCH', this.pattern('*')];
  }

  private pattern(pattern: unknown): Key {
    const prefix = this.prefix.replace(GLOB, '\\$&');
    if (pattern instanceof Uint8Array) return this.joined(pattern, encoder.encode(prefix));
    return prefix + String(pattern);
  }

  /** Whether {@link reply} has something to do. */
  changesReply({ name }: CommandKind): boolean {
    return this.prefix !== '' && (name === 'KEYS' || name === 'SCAN');
  }

  /** A reply whose keys are without the prefix. */
  reply({ name }: CommandKind, reply: unknown): unknown {
    if (name === 'KEYS') return (reply as Key[]).map((key) => this.withoutPrefix(key));
    const [cursor, keys] = reply as [string, Key[]];
    return [cursor, keys.map((key) => this.withoutPrefix(key))];
  }

  private withoutPrefix(key: Key): Key {
    if (typeof key === 'string') return key.slice(this.prefix.length);
    return key.slice(this.prefixBytes.length);
  }
}
