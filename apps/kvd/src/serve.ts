import { assemble } from './assemble.ts';
import { resolveConfig } from './config/resolve.ts';
import { createLog } from './log.ts';
import { progressLine } from './progress.ts';
import { systemTimers } from './system-timers.ts';
import { version } from './version.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs the daemon until it is told to stop, by a signal or by SHUTDOWN. Rejects with
 * what kept it from starting.
 */
export async function serve(sources: {
  readonly flags: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly file: string | undefined;
}): Promise<void> {
  const { config, warnings } = resolveConfig(sources);
  const log = createLog(config, process.stdout);
  for (const warning of warnings) log.warn(warning);
  log.info({ version, node: process.versions.node, pid: process.pid }, 'kvd is starting');
  const loading = progressLine('loading', process.stderr);
  const saving = progressLine('saving', process.stderr);
  const daemon = await assemble(config, {
    clock: { now: () => Date.now() },
    timers: systemTimers,
    log,
    random: Math.random,
    inMemory: false,
    onLoadProgress: loading.show,
    onSaveProgress: saving.show,
    onSaveEnd: saving.end,
  }).finally(loading.end);
  log.info({ addresses: daemon.addresses, dir: config.dir }, 'ready to accept connections');
  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'signal received');
    // Why a shutdown failed is in the log already; the server goes on, so that nothing is lost.
    daemon.shutdown().catch(() => log.error({ signal }, 'still running; send the signal again'));
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  await daemon.stopped;
  for (const signal of SIGNALS) process.off(signal, stop);
}
