import { COMMANDS } from '@kv/protocol';
import { ConfigError, nearest } from '../config/config-error.ts';
import { TOOLS } from '../tools/tools.ts';

/** What is said of a first word that is neither a command nor a tool. */
export function unknownCommand(word: string): ConfigError {
  const names = [...COMMANDS, ...TOOLS].map(({ name }) => name.toLowerCase());
  const near = nearest(word.toLowerCase(), names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return new ConfigError(
    'USAGE',
    `${JSON.stringify(word)} is not a command${hint} (kvd --help lists them)`,
  );
}
