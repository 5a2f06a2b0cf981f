import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('runs the conformance suites under node:test as well', () => {
  const file = fileURLToPath(new URL('./conformance.node.ts', import.meta.url));
  const args = ['--conditions=kv-source', '--test-reporter=tap', '--test', file];
  // A process that finds this variable takes itself for a child of another test run.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(run.stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(run.stdout)?.[1])).toBeGreaterThan(60);
  expect(run.status).toBe(0);
});
