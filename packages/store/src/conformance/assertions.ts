/** Thrown by a test of the suite that a store has failed. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** Fails unless `condition` holds; `claim` says what should have been. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new ConformanceError(claim);
}

/** Compares by `Object.is`; arrays item by item. */
export function assertSame(actual: unknown, expected: unknown, claim: string): void {
  if (!same(actual, expected)) {
    throw new ConformanceError(`${claim}: expected ${show(expected)}, got ${show(actual)}`);
  }
}

/** Fails unless `action` throws an error with this `code`. */
export function assertRefused(action: () => unknown, code: string, claim: string): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new ConformanceError(`${claim}: expected ${code}, none thrown`);
  const actual = (thrown as { code?: unknown }).code;
  if (actual !== code || !(thrown instanceof Error)) {
    throw new ConformanceError(`${claim}: expected an Error with code ${code}, got ${thrown}`);
  }
}

function same(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((item, i) => same(item, b[i]));
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}
