/** What an application registers so that instances of its classes have bytes. */

import { EXT_APPLICATION_MAX, EXT_APPLICATION_MIN } from './format.ts';
import { ValueError } from './value-error.ts';

/**
 * How the instances of one class are written and read. The body of the extension
 * is one value: whatever `encode` returns, and what `decode` gets back.
 *
 * Only direct instances are taken: a subclass needs an extension of its own.
 * Every program that reads the values must register the same type for the class.
 */
export interface ValueExtension<T extends object = object> {
  /** The MessagePack extension type, 32 to 127. */
  readonly type: number;
  readonly class: abstract new (...args: never[]) => T;
  encode(instance: T): unknown;
  decode(body: unknown): T;
}

/**
 * An extension with its types inferred from the class: gives back what it gets.
 *
 * @example
 * ```ts
 * const money = valueExtension({
 *   type: 32,
 *   class: Money,
 *   encode: (m) => [m.amount, m.currency],
 *   decode: (body) => new Money(...(body as [bigint, string])),
 * });
 * const codec = new ValueCodec({ extensions: [money] });
 * ```
 */
export function valueExtension<T extends object>(extension: ValueExtension<T>): ValueExtension<T> {
  return extension;
}

/** Classes with a form of their own; an extension for one would never be asked. */
const BUILT_IN: ReadonlySet<unknown> = new Set<unknown>([
  Object,
  Array,
  Date,
  Map,
  Set,
  Object.getPrototypeOf(Uint8Array),
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  (globalThis as { Float16Array?: unknown }).Float16Array,
  typeof Buffer === 'undefined' ? undefined : Buffer,
]);

/** The extensions of one codec, found by type and by prototype. */
export class ExtensionRegistry {
  readonly byType: ReadonlyMap<number, ValueExtension>;
  readonly byPrototype: ReadonlyMap<object, ValueExtension>;

  /** @throws ValueError `BAD_EXTENSION`: a type out of range, or a type or class met twice. */
  constructor(extensions: readonly ValueExtension[]) {
    const byType = new Map<number, ValueExtension>();
    const byPrototype = new Map<object, ValueExtension>();
    for (const extension of extensions) {
      const problem = problemOf(extension, byType, byPrototype);
      if (problem !== undefined) throw new ValueError('BAD_EXTENSION', problem);
      byType.set(extension.type, extension);
      byPrototype.set(extension.class.prototype, extension);
    }
    this.byType = byType;
    this.byPrototype = byPrototype;
  }
}

function problemOf(
  extension: ValueExtension,
  byType: ReadonlyMap<number, ValueExtension>,
  byPrototype: ReadonlyMap<object, ValueExtension>,
): string | undefined {
  const { type, class: Class } = extension;
  if (!Number.isInteger(type) || type < EXT_APPLICATION_MIN || type > EXT_APPLICATION_MAX) {
    return `Extension type ${String(type)} is not an integer from ${EXT_APPLICATION_MIN} to ${EXT_APPLICATION_MAX}.`;
  }
  if (typeof Class !== 'function' || typeof Class.prototype !== 'object') {
    return `The class of extension ${type} is not a class.`;
  }
  if (typeof extension.encode !== 'function' || typeof extension.decode !== 'function') {
    return `Extension ${type} (${Class.name}) needs the functions encode and decode.`;
  }
  if (BUILT_IN.has(Class))
    return `${Class.name} has a form of its own; extension ${type} cannot replace it.`;
  if (byType.has(type)) return `Extension type ${type} is registered twice.`;
  if (byPrototype.has(Class.prototype)) return `Class ${Class.name} is registered twice.`;
  return undefined;
}
