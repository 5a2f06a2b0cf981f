import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config/options.ts';

/** Redis's level names to pino's. */
const LEVELS = {
  debug: 'debug',
  verbose: 'debug',
  notice: 'info',
  warning: 'warn',
  nothing: 'silent',
} as const;

/** The daemon's log: lines of JSON, or readable lines for a terminal. */
export function createLog(
  config: Pick<Config, 'loglevel' | 'log-format'>,
  output: NodeJS.WriteStream,
): Logger {
  const format = config['log-format'];
  const readable = format === 'pretty' || (format === 'auto' && output.isTTY);
  const options = { level: LEVELS[config.loglevel], base: null };
  const stream: DestinationStream = readable
    ? pretty({
        colorize: output.isTTY,
        translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
        ignore: 'pid,hostname',
        singleLine: true,
        destination: output,
        sync: true,
      })
    : output;
  return pino(options, stream);
}
