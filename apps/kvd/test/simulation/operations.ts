import type { Random } from '../oracle/random.ts';
import { type Entry, later, type State, type Window, withEntry } from './state.ts';

/** A request: a command's name and its arguments. */
export type Words = readonly [name: string, ...args: string[]];

/** What a reply has to be: the same, or what is found good. `undefined` is absence. */
export type Expected =
  | string
  | number
  | undefined
  | readonly Expected[]
  | ((reply: unknown) => boolean);

/** What executing an operation answers, and what it leaves. */
export interface Outcome {
  readonly replies: readonly Expected[];
  readonly state: State;
}

/** One operation of a client: some requests that are executed together. */
export interface Operation {
  readonly words: readonly Words[];
  /** The keys on whose expiry the outcome depends. */
  readonly keys: readonly string[];
  readonly writes: boolean;
  /** Executed once, at a moment within the window. `native`: what the native protocol answers. */
  run(state: State, window: Window, native: boolean): Outcome;
}

/** The keys of a client's database. The last one counts. */
export const KEYS = ['a', 'b', 'c', 'd', 'e', 'n'] as const;
/** What the keys of the other database of a client begin with where they are kept in mind. */
const ASIDE = '~';
/** The databases that lie aside follow all others. */
const CLIENTS_MAX = 4;
const COUNTER = 'n';
const TEXT_KEYS = KEYS.filter((key) => key !== COUNTER);
/** Times to live, some of which end while a client works. */
const TTLS_MS = [5, 50, 400, 3_000, 60_000, 3_600_000] as const;

/** A client's other database, which only SWAPDB brings forth. */
export function asideOf(client: number): string {
  return String(client + CLIENTS_MAX);
}

/** What a key in it is called in the client's state. */
export function asideKey(key: string): string {
  return ASIDE + key;
}

/** Draws operations; every value that is written is another one. */
export class Operations {
  private readonly random: Random;
  /** The number of the client, which is that of its database. */
  private readonly client: number;
  private readonly now: () => number;
  private lastValue = 0;

  constructor(random: Random, client: number, now: () => number) {
    this.random = random;
    this.client = client;
    this.now = now;
  }

  draw(): Operation {
    const { random } = this;
    if (random.chance(0.12)) return this.transaction();
    if (random.chance(0.01)) return flush;
    return random.chance(0.25) ? this.read() : this.write();
  }

  private value(): string {
    const { random } = this;
    const name = `${this.client}:${++this.lastValue}`;
    if (random.chance(0.9)) return name;
    return name.padEnd(
      random.chance(0.9) ? random.between(20, 400) : random.between(400, 9_000),
      '.',
    );
  }

  private read(): Operation {
    const { random } = this;
    const key = random.pick(KEYS);
    switch (random.between(0, 3)) {
      case 0:
        return reading([['PTTL', key]], [key], (state, window) => [
          remaining(state.get(key), window),
        ]);
      case 1: {
        const keys = random.shuffled(KEYS).slice(0, 3);
        return reading([['MGET', ...keys]], keys, (state) => [
          keys.map((one) => state.get(one)?.value),
        ]);
      }
      case 2:
        return reading([['EXISTS', key]], [key], (state) => [state.has(key) ? 1 : 0]);
      default:
        return reading([['GET', key]], [key], (state) => [state.get(key)?.value]);
    }
  }

  /** `within` a transaction nothing expires by the clock, which would depend on when that is executed. */
  private write(within = false): Operation {
    const { random } = this;
    const key = random.pick(TEXT_KEYS);
    if (random.chance(0.03)) return swap(this.client);
    switch (random.between(0, 9)) {
      case 0:
        return this.append(key);
      case 1:
        return this.multipleSet();
      case 2:
        return remove(random.shuffled(KEYS).slice(0, random.between(1, 2)));
      case 3:
        return this.expire(within);
      case 4:
        return persist(random.pick(KEYS));
      case 5:
        return increment(random.between(1, 3));
      case 6:
        return getAndDelete(key);
      case 7:
        return rename(key, random.pick(TEXT_KEYS));
      default:
        return this.set(key, within);
    }
  }

  private set(key: string, within: boolean): Operation {
    const { random } = this;
    const value = this.value();
    const args: string[] = [key, value];
    let only: 'NX' | 'XX' | undefined;
    if (random.chance(0.2)) only = random.pick(['NX', 'XX'] as const);
    if (only !== undefined) args.push(only);
    const keepsTtl = random.chance(0.1);
    let deadline: (window: Window) => Window | undefined = () => undefined;
    if (keepsTtl) args.push('KEEPTTL');
    else if (random.chance(0.3)) {
      const ms = random.pick(TTLS_MS);
      const at = this.now() + ms;
      const relative = within || random.chance(0.5);
      args.push(...(relative ? ['PX', String(ms)] : ['PXAT', String(at)]));
      deadline = (window) => (relative ? later(window, ms) : { from: at, to: at });
    }
    const gets = random.chance(0.15);
    if (gets) args.push('GET');
    return {
      words: [['SET', ...args]],
      keys: [key],
      writes: true,
      run(state, window, native) {
        const old = state.get(key);
        const refused = only === 'NX' ? old !== undefined : only === 'XX' && old === undefined;
        const written = keepsTtl ? old?.deadline : deadline(window);
        const done: Expected = native ? 1 : 'OK';
        const refusal: Expected = native ? 0 : undefined;
        return {
          replies: [gets ? old?.value : refused ? refusal : done],
          state: refused ? state : withEntry(state, key, { value, deadline: written }),
        };
      },
    };
  }

  private append(key: string): Operation {
    const more = this.value();
    return writing([['APPEND', key, more]], [key], (state) => {
      const old = state.get(key);
      const value = (old?.value ?? '') + more;
      return {
        replies: [value.length],
        state: withEntry(state, key, { value, deadline: old?.deadline }),
      };
    });
  }

  private multipleSet(): Operation {
    const keys = this.random.shuffled(TEXT_KEYS).slice(0, this.random.between(2, 4));
    const pairs = keys.map((key) => [key, this.value()] as const);
    return writing([['MSET', ...pairs.flat()]], keys, (state, _window, native) => ({
      replies: [native ? pairs.length : 'OK'],
      state: pairs.reduce<State>(
        (next, [key, value]) => withEntry(next, key, { value, deadline: undefined }),
        state,
      ),
    }));
  }

  private expire(within: boolean): Operation {
    const key = this.random.pick(KEYS);
    const ms = this.random.pick(TTLS_MS);
    const at = this.now() + ms;
    const relative = within || this.random.chance(0.5);
    const words: Words = relative ? ['PEXPIRE', key, String(ms)] : ['PEXPIREAT', key, String(at)];
    return {
      words: [words],
      keys: [key],
      writes: true,
      run(state, window) {
        const old = state.get(key);
        if (old === undefined) return { replies: [0], state };
        const deadline = relative ? later(window, ms) : { from: at, to: at };
        // One that has come by then deletes the entry, which is the same to whoever looks.
        return { replies: [1], state: withEntry(state, key, { value: old.value, deadline }) };
      },
    };
  }

  /** MULTI, some writes and reads, EXEC: all of it or nothing. */
  private transaction(): Operation {
    const parts = Array.from({ length: this.random.between(1, 4) }, () =>
      this.random.chance(0.8) ? this.write(true) : this.read(),
    );
    const keys = new Set(parts.flatMap((part) => part.keys));
    const swaps = parts.some(({ words: [first] }) => first?.[0] === 'SWAPDB');
    return {
      words: [['MULTI'], ...parts.flatMap(({ words }) => words), ['EXEC']],
      // Those of the other database come into play where the two are exchanged.
      keys: swaps ? [...keys, ...[...keys].map(asideKey)] : [...keys],
      writes: parts.some(({ writes }) => writes),
      run(state, window, native) {
        const replies: Expected[] = [];
        let now = state;
        for (const part of parts) {
          const outcome = part.run(now, window, native);
          replies.push(...outcome.replies);
          now = outcome.state;
        }
        return { replies: ['OK', ...replies.map(() => 'QUEUED'), replies], state: now };
      },
    };
  }
}

function reading(
  words: readonly Words[],
  keys: readonly string[],
  answer: (state: State, window: Window) => readonly Expected[],
): Operation {
  const run = (state: State, window: Window) => ({ replies: answer(state, window), state });
  return { words, keys, writes: false, run };
}

function writing(
  words: readonly Words[],
  keys: readonly string[],
  run: Operation['run'],
): Operation {
  return { words, keys, writes: true, run };
}

const flush = writing([['FLUSHDB']], [], (state) => ({
  replies: ['OK'],
  state: new Map([...state].filter(([key]) => key.startsWith(ASIDE))),
}));

/** Exchanges the two databases of a client. */
function swap(client: number): Operation {
  return writing([['SWAPDB', String(client), asideOf(client)]], [], (state) => ({
    replies: ['OK'],
    state: new Map([...state].map(([key, entry]) => [exchanged(key), entry])),
  }));
}

function exchanged(key: string): string {
  return key.startsWith(ASIDE) ? key.slice(ASIDE.length) : asideKey(key);
}

function remove(keys: readonly string[]): Operation {
  return writing([['DEL', ...keys]], keys, (state) => ({
    replies: [keys.filter((key) => state.has(key)).length],
    state: keys.reduce<State>((next, key) => withEntry(next, key, undefined), state),
  }));
}

function persist(key: string): Operation {
  return writing([['PERSIST', key]], [key], (state) => {
    const old = state.get(key);
    if (old?.deadline === undefined) return { replies: [0], state };
    return {
      replies: [1],
      state: withEntry(state, key, { value: old.value, deadline: undefined }),
    };
  });
}

function increment(by: number): Operation {
  return writing([['INCRBY', COUNTER, String(by)]], [COUNTER], (state) => {
    const old = state.get(COUNTER);
    const value = Number(old?.value ?? 0) + by;
    const entry: Entry = { value: String(value), deadline: old?.deadline };
    return { replies: [value], state: withEntry(state, COUNTER, entry) };
  });
}

function getAndDelete(key: string): Operation {
  return writing([['GETDEL', key]], [key], (state) => ({
    replies: [state.get(key)?.value],
    state: withEntry(state, key, undefined),
  }));
}

function rename(from: string, to: string): Operation {
  return writing([['RENAME', from, to]], [from, to], (state) => {
    const entry = state.get(from);
    if (entry === undefined) return { replies: [isNoSuchKey], state };
    const without = withEntry(state, from, undefined);
    return { replies: ['OK'], state: withEntry(without, to, entry) };
  });
}

const isNoSuchKey = (reply: unknown) => reply instanceof Error && /no such key/.test(reply.message);

function remaining(entry: Entry | undefined, { from, to }: Window): Expected {
  if (entry === undefined) return -2;
  const { deadline } = entry;
  if (deadline === undefined) return -1;
  return (reply) => Number(reply) >= deadline.from - to && Number(reply) <= deadline.to - from;
}

/** Whether a reply is what was expected, in either protocol. */
export function agrees(expected: Expected, reply: unknown): boolean {
  if (typeof expected === 'function') return expected(reply);
  if (expected === undefined) return reply === undefined || reply === null;
  if (typeof expected === 'object')
    return (
      Array.isArray(reply) &&
      reply.length === expected.length &&
      expected.every((one, i) => agrees(one, reply[i]))
    );
  return !(reply instanceof Error) && textOf(reply) === String(expected);
}

/** A reply as text, whatever type it has. */
export function textOf(reply: unknown): string {
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : String(reply);
}
