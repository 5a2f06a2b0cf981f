// The command lines of the long runs: pnpm sim, hostile and oracle.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Says what is wrong with a command line, and what may be given, and ends. */
export function refuse(usage: string, message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(64);
}

/** Reads the options of the process, and prints `usage` where help is asked for. */
export function readArguments<Config extends ParseArgsConfig>(usage: string, config: Config) {
  if (process.argv.includes('--help')) {
    console.log(usage);
    process.exit();
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(usage, (error as Error).message);
  }
}
