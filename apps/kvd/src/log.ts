import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Config } from './config/options.ts';
import type { LogOutput } from './log-output.ts';

/** Redis's level names to pino's. */
const LEVELS = {
  debug: 'debug',
  verbose: 'debug',
  notice: 'info',
  warning: 'warn',
  nothing: 'silent',
} as const;

/** Logs more or less from now on. */
export function setLogLevel(log: Logger, level: Config['loglevel']): void {
  log.level = LEVELS[level];
}

/** What a log is written to, and what that can show. */
export interface LogTarget {
  readonly output: LogOutput;
  readonly isTerminal: boolean;
  readonly colors: boolean;
}

/** The daemon's log: lines of JSON, or readable lines for a terminal. */
export function createLog(
  config: Pick<Config, 'loglevel' | 'log-format'>,
  { output, isTerminal, colors }: LogTarget,
): Logger {
  const format = config['log-format'];
  const readable = format === 'pretty' || (format === 'auto' && isTerminal);
  const options = { level: LEVELS[config.loglevel], base: null };
  if (!readable) return pino(options, output);
  const pretty = prettyFactory({
    colorize: colors,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    singleLine: true,
  });
  return pino(options, { write: (line) => output.write(pretty(line)) });
}
