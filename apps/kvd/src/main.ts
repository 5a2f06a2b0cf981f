#!/usr/bin/env node
import { startsDaemon } from './cli/starts-daemon.ts';
import { ExitCode } from './exit-codes.ts';
import { leastNode } from './version.ts';
import { enlargeYoungGeneration } from './young-generation.ts';

// What needs a current Node.js is imported when it is known to be one: an older one would complain of the
// first thing that it does not have, if not of the syntax.
if (Number.parseInt(process.versions.node, 10) < leastNode) {
  process.stderr.write(
    `kvd: needs Node.js ${leastNode} or later, and this is ${process.version}\n`,
  );
  process.exitCode = ExitCode.CONFIG;
} else {
  const argv = process.argv.slice(2);
  if (startsDaemon(argv)) enlargeYoungGeneration(process);
  const { run } = await import('./run.ts');
  process.exitCode = await run(argv, process.env, process);
}
