/**
 * The two functions of a test runner that a suite needs. Those of vitest, jest,
 * mocha and `node:test` fit; a test that throws has failed.
 */
export interface TestRunner {
  /** Groups the tests that `body` declares. */
  describe(name: string, body: () => void): unknown;
  /** Declares one test. */
  it(name: string, body: () => void): unknown;
}
