import { defineProject } from 'vitest/config';
import { project } from '../../vitest.base.ts';

// All of it once more, with sockets read as plain streams.
const { test, ...rest } = project('@kv/server as streams', { isolate: false });
export default defineProject({
  ...rest,
  test: { ...test, env: { ...test?.env, KV_TEST_TRANSPORT: 'stream' } },
});
