export { ConformanceError } from './assertions.ts';
export { describeExpiringStore } from './expiring-suite.ts';
export type { ExpiringStoreHarness, StoreHarness, SuiteOptions } from './harness.ts';
export { ManualClock } from './manual-clock.ts';
export { describeKeyValueStore } from './plain-suite.ts';
export type { TestRunner } from './runner.ts';
