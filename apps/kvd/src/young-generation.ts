import { isMainThread } from 'node:worker_threads';

/** MiB of one of its halves. */
const HALF_MIB = 16;

/** What is needed of a process. */
export interface Replaceable {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly channel?: unknown;
  execve?(file: string, args: readonly string[]): never;
}

/**
 * V8 begins with a young generation of a megabyte, and enlarges it when much survives in it. Of a server's requests
 * nothing does, so it would stay small and be cleared ten times a second under load, which holds clients up for
 * a quarter of a millisecond each time and wakes threads that take the processor. The size can only be told to
 * a process that starts, so this one starts anew, as the same process with the same standard streams.
 *
 * Returns where there is nothing to do: it has been started so, or with another size that somebody has chosen; or it
 * can't be replaced: on Windows, where a parent talks to it by a channel, and in a thread. Nor is one that somebody
 * debugs or profiles: the debugger would lose it, and the profiler's timer would end it.
 */
export function enlargeYoungGeneration(process: Replaceable, inMainThread = isMainThread): void {
  const { execPath, execArgv, argv, env, channel } = process;
  const options = [...execArgv, env.NODE_OPTIONS ?? ''];
  const isChosen = options.some((option) => /semi[-_]space[-_]size/.test(option));
  const isWatched = options.some((option) => /--(inspect|(cpu-|heap-)?prof)/.test(option));
  if (isChosen || isWatched || channel !== undefined || !inMainThread) return;
  const size = `--min-semi-space-size=${HALF_MIB}`;
  process.execve?.(execPath, [execPath, size, ...execArgv, ...argv.slice(1)]);
}
