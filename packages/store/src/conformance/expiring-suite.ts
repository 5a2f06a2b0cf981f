import type { ExpiringStore } from '../expiring-store.ts';
import { describeDeadlines } from './deadline-tests.ts';
import {
  type ExpiringStoreHarness,
  type ExpiringTest,
  SUITE_DEFAULTS,
  type SuiteOptions,
} from './harness.ts';
import { ManualClock } from './manual-clock.ts';
import { describeKeyValueStore } from './plain-suite.ts';
import { runRandomExpiringOperations } from './random-expiring-operations.ts';
import type { TestRunner } from './runner.ts';
import { describeTtlOptions } from './ttl-option-tests.ts';

/**
 * Declares the tests that every {@link ExpiringStore} must pass, those of
 * {@link describeKeyValueStore} included. Time is moved, never waited for.
 *
 * @param runner - `describe` and `it` of any test runner.
 * @param name - what the group of tests is called.
 * @param harness - makes stores and values, and compares values.
 *
 * @example
 * ```ts
 * import { ExpiringKeyValueStore } from '@kv/store';
 * import { describeExpiringStore } from '@kv/store/conformance';
 * import { describe, it } from 'node:test';
 *
 * describeExpiringStore({ describe, it }, 'ExpiringKeyValueStore', {
 *   create: ({ clock }) => new ExpiringKeyValueStore<string>({ clock }),
 *   value: (n) => `value ${n}`,
 *   equal: (a, b) => a === b,
 * });
 * ```
 */
export function describeExpiringStore<V>(
  runner: TestRunner,
  name: string,
  harness: ExpiringStoreHarness<V>,
  options: SuiteOptions = {},
): void {
  describeKeyValueStore(runner, name, harness, options);
  const test: ExpiringTest<V> = (title, body) => {
    runner.it(title, () => {
      const clock = new ManualClock();
      body(harness.create({ clock }), clock);
    });
  };
  runner.describe(`${name} is an expiring store`, () => {
    describeDeadlines(test, harness);
    describeTtlOptions(test, harness);
    const settings = { ...SUITE_DEFAULTS, ...options };
    test(`agrees with a model over random operations (seed ${settings.seed})`, (store, clock) => {
      runRandomExpiringOperations({ store, clock, harness, ...settings });
    });
  });
}
