import { KvStoreError } from './errors.ts';

/** Refuses a key that is not a string: 1 and '1' would otherwise become the same key. */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string') throw invalidKey(key);
}

/** Refuses `undefined`, which a look-up answers for an absent key. */
export function checkValue(value: unknown): void {
  if (value === undefined) throw invalidValue();
}

export function checkPair(key: unknown, value: unknown): void {
  if (typeof key !== 'string') throw invalidKey(key);
  if (value === undefined) throw invalidValue();
}

/** Copies the pairs, so that a one-shot iterable is checked whole before the first write. */
export function checkedPairs<V>(pairs: Iterable<readonly [string, V]>): (readonly [string, V])[] {
  if (typeof Object(pairs)[Symbol.iterator] !== 'function')
    throw new KvStoreError(
      'INVALID_ARGUMENT',
      'pairs must be iterable, like [[key, value]] or a Map',
    );
  const checked = [...pairs];
  for (const [key, value] of checked) {
    checkKey(key);
    checkValue(value);
  }
  return checked;
}

/** Copies the keys, so that a bad one is met before the first look-up. */
export function checkedKeys(keys: Iterable<string>): string[] {
  const checked = [...keys];
  for (const key of checked) checkKey(key);
  return checked;
}

/** Refuses options that there are not: what a mistyped one asks for would not happen. */
export function checkNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const all = known.join(', ');
    throw new KvStoreError('INVALID_ARGUMENT', `there is no option ${name}; there are ${all}`);
  }
}

/** Refuses what is not a whole number from 1 to `max`. */
export function checkCount(name: string, count: unknown, max: number): void {
  const whole = Number.isInteger(count) || count === Number.POSITIVE_INFINITY;
  if (!whole || (count as number) < 1 || (count as number) > max) {
    throw new KvStoreError(
      'INVALID_ARGUMENT',
      `${name} must be a whole number from 1 to ${max}, not ${String(count)}`,
    );
  }
}

function invalidKey(key: unknown): KvStoreError {
  return new KvStoreError('INVALID_KEY', `a key must be a string, not ${kindOf(key)}`);
}

function invalidValue(): KvStoreError {
  return new KvStoreError('INVALID_VALUE', 'a value cannot be undefined: use delete, or null');
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
