import { expect } from 'vitest';

/** What a promise is rejected with; fails the test when it is not. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & Record<string, unknown>> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: Error & Record<string, unknown>) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  return expect.unreachable(`resolved with ${String(outcome.value)}`);
}

/** The turn of the event loop after this one, with its input and output. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
