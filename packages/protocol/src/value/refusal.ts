/**
 * How the encoder says no.
 *
 * It keeps no path while it works. A refusal is thrown where the problem is and
 * collects the containers it passes on its way out, innermost first; only then
 * is it known where it was, and whether it was a cycle.
 */

import { VALUE_BYTES_MAX } from '../limits.ts';
import { ValueError, type ValueErrorCode } from './value-error.ts';

/** A key longer than this is cut in a path. */
const PATH_KEY_MAX = 64;

export class Refusal {
  readonly code: ValueErrorCode;
  /** What was met: "a function", "an instance of Money". */
  readonly what: string;
  /** What to do about it: a sentence. */
  readonly advice: string;
  readonly #value: unknown;
  readonly #containers: object[] = [];
  readonly #steps: string[] = [];

  constructor(code: ValueErrorCode, what: string, advice: string, value: unknown) {
    this.code = code;
    this.what = what;
    this.advice = advice;
    this.#value = value;
  }

  /** Notes that the problem lies inside `container`, one `step` down. */
  passed(container: object, step: string): this {
    this.#containers.push(container);
    this.#steps.push(step);
    return this;
  }

  toError(): ValueError {
    const containers = this.#containers.toReversed();
    const steps = this.#steps.toReversed();
    if (this.code === 'CYCLE' || this.code === 'TOO_DEEP') {
      const seen = new Set<unknown>();
      const chain: unknown[] = [...containers, this.#value];
      const again = chain.findIndex((container) => seen.size === seen.add(container).size);
      if (again > 0) {
        const path = `$${steps.slice(0, again).join('')}`;
        return new ValueError(
          'CYCLE',
          `Cannot encode a cycle at ${path}: it is an object that contains it. Leave the reference out, or store an id instead.`,
          path,
        );
      }
    }
    const path = `$${steps.join('')}`;
    return new ValueError(this.code, `Cannot encode ${this.what} at ${path}: ${this.advice}`, path);
  }
}

/** What passes through a container on its way out: a refusal learns where it was. */
export function passing(thrown: unknown, container: object, step: string): unknown {
  return thrown instanceof Refusal ? thrown.passed(container, step) : thrown;
}

/** `.name`, or `["other name"]` where that is no identifier. */
export function keyStep(key: string): string {
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) && key.length <= PATH_KEY_MAX) {
    return `.${key}`;
  }
  return `[${quoted(key)}]`;
}

/** A key in quotes, cut where it would drown the message. */
export function quoted(key: string): string {
  return JSON.stringify(key.length > PATH_KEY_MAX ? `${key.slice(0, PATH_KEY_MAX)}…` : key);
}

/** Built-in classes that people meet, by the name `Object.prototype.toString` gives them. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['Number', 'store its primitive value, value.valueOf().'],
  ['String', 'store its primitive value, value.valueOf().'],
  ['Boolean', 'store its primitive value, value.valueOf().'],
  ['BigInt', 'store its primitive value, value.valueOf().'],
  ['Symbol', 'symbols have no bytes; store its description.'],
  ['RegExp', 'store its source and flags.'],
  ['Error', 'store its name and message.'],
  ['Promise', 'await it first.'],
  ['ArrayBuffer', 'wrap it in a Uint8Array.'],
  ['SharedArrayBuffer', 'wrap it in a Uint8Array.'],
  ['DataView', 'store a Uint8Array of the same bytes.'],
  ['WeakMap', 'what it holds cannot be listed; store a Map.'],
  ['WeakSet', 'what it holds cannot be listed; store a Set.'],
  ['WeakRef', 'store what it refers to.'],
]);

/** The refusal of a value that has no form in the format. */
export function unsupported(value: unknown): Refusal {
  if (typeof value === 'function') {
    const what = value.name === '' ? 'a function' : `a function (${String(value.name)})`;
    return refuse(what, 'functions have no bytes; leave it out, or store what it returns.', value);
  }
  if (typeof value === 'symbol') {
    return refuse('a symbol', 'symbols have no bytes; store its description.', value);
  }
  const kind = kindOf(value);
  const advice = ADVICE.get(kind);
  if (advice !== undefined) return refuse(`a value of type ${kind}`, advice, value);
  return refuse(
    `an instance of ${classOf(value) ?? kind}`,
    'convert it to a plain object, or register an extension for its class (new ValueCodec({ extensions })).',
    value,
  );
}

export function tooLarge(): Refusal {
  return new Refusal(
    'TOO_LARGE',
    `more than ${VALUE_BYTES_MAX} bytes`,
    'store its parts under keys of their own.',
    undefined,
  );
}

function refuse(what: string, advice: string, value: unknown): Refusal {
  return new Refusal('UNSUPPORTED_VALUE', what, advice, value);
}

/** These two run the value's own code (a getter, a proxy's trap), which may throw anything. */
function kindOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return 'Object';
  }
}

function classOf(value: unknown): string | undefined {
  try {
    const name: unknown = (value as object).constructor?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
