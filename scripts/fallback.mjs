// Runs the tests on a Node.js that does not let a socket take another's handle over, so that
// servers read plain streams. What follows the command goes to vitest.
import { spawnSync } from 'node:child_process';

const preload = import.meta.resolve('../apps/kvd/test/without-own-sockets.mjs');
const { status } = spawnSync('vitest', ['run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_OPTIONS: `--import=${preload}` },
});
process.exitCode = status ?? 1;
