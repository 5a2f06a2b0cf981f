import { defineProject } from 'vitest/config';
import { project } from '../../vitest.base.ts';

/** They look at how long something takes, or at how much memory. */
export const MEASURED = [
  'test/hostile/*.test.ts',
  'test/concurrency.test.ts',
  'test/memory.test.ts',
];

const { test, ...rest } = project('@kv/kvd, measured', { alone: true });
export default defineProject({ ...rest, test: { ...test, include: MEASURED } });
