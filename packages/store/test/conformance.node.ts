// The suites under node:test: started by node-test.test.ts.
import { describe, it } from 'node:test';
import { ExpiringKeyValueStore, InMemoryKeyValueStore } from '@kv/store';
import { describeExpiringStore, describeKeyValueStore } from '@kv/store/conformance';

const strings = {
  value: (n: number) => `value ${n}`,
  equal: (a: string, b: string) => a === b,
};

describeKeyValueStore({ describe, it }, 'InMemoryKeyValueStore', {
  create: () => new InMemoryKeyValueStore<string>(),
  ...strings,
});

describeExpiringStore({ describe, it }, 'ExpiringKeyValueStore', {
  create: ({ clock }) => new ExpiringKeyValueStore<string>({ clock }),
  ...strings,
});
