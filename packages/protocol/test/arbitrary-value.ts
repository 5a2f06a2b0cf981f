import fc from 'fast-check';

/** A class that tests register as extension 32. */
export class Money {
  readonly amount: bigint;
  readonly currency: string;
  constructor(amount: bigint, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

export const moneyExtension = {
  type: 32,
  class: Money,
  encode: (money: Money): unknown => [money.amount, money.currency],
  decode: (body: unknown): Money => {
    const [amount, currency] = body as [bigint, string];
    return new Money(amount, currency);
  },
};

const Float16 = (globalThis as unknown as { Float16Array?: typeof Float32Array }).Float16Array;

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 250, maxLength: 300 }),
  fc.constantFrom('', '\ufeffbom', 'a'.repeat(31), 'é'.repeat(16), '\0', '\u{1f600}'.repeat(70)),
);

const key = fc.oneof(
  text,
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'length', '0', '-1', ''),
);

const numbers = fc.oneof(
  fc.integer(),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.nat({ max: 2 ** 32 - 1 - 2 ** 31 }).map((n) => n + 2 ** 31),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const dates = fc.oneof(
  fc.integer({ min: -8.64e15, max: 8.64e15 }).map((ms) => new Date(ms)),
  fc.nat().map((seconds) => new Date(seconds * 1000)),
  fc.nat().map((ms) => new Date(ms)),
  fc.constant(new Date(Number.NaN)),
);

const typedArrays = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  ...(Float16 === undefined ? [] : [fc.array(fc.float()).map((floats) => Float16.from(floats))]),
);

const scalars = fc.oneof(
  { weight: 3, arbitrary: numbers },
  { weight: 3, arbitrary: text },
  fc.constantFrom(undefined, null, true, false),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  dates,
  typedArrays,
);

function object(entries: [string, unknown][]): Record<string, unknown> {
  // Defines, where assigning `__proto__` would do something else.
  return Object.fromEntries(entries);
}

/** Every kind of value that the format holds; `Money` only for codecs that know it. */
export function arbitraryValue(options: { money?: boolean } = {}): fc.Arbitrary<unknown> {
  const money = fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), text)
    .map(([amount, currency]) => new Money(amount, currency));
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      scalars,
      fc.array(tie('value'), { maxLength: 20 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 20 }).map(object),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 8 }).map((e) => new Map(e)),
      fc.array(tie('value'), { maxLength: 8 }).map((items) => new Set(items)),
      ...(options.money ? [money] : []),
    ),
  })).value;
}

/** Whether two values are the same in everything that the format promises, order included. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) {
    return sameList([...a], [...(b as Map<unknown, unknown> | Set<unknown>)]);
  }
  if (ArrayBuffer.isView(a) || Array.isArray(a)) {
    return sameList(a as unknown as ArrayLike<unknown>, b as unknown as ArrayLike<unknown>);
  }
  return sameList(Object.entries(a), Object.entries(b));
}

function sameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
  return true;
}
