import { assemble, type Daemon } from './assemble.ts';
import { type ConfigSources, resolveConfig } from './config/resolve.ts';
import { createLog, setLogLevel } from './log.ts';
import { logOutput } from './log-output.ts';
import { type ProgressTarget, progressLine } from './progress.ts';
import { systemTimers } from './system-timers.ts';
import { collectGarbage, tuneV8 } from './v8-settings.ts';
import { version } from './version.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

type Log = ReturnType<typeof createLog>;

/**
 * Runs the daemon until it is told to stop, by a signal or by SHUTDOWN. Rejects with
 * what kept it from starting, or with what kept it from saving its last changes.
 */
export async function serve(sources: ConfigSources): Promise<void> {
  tuneV8();
  const { config, warnings } = resolveConfig(sources);
  const { log, loading, saving } = terminal(config);
  for (const warning of warnings) log.warn(warning);
  log.info({ version, node: process.versions.node, pid: process.pid }, 'kvd is starting');
  const assembling = assemble(config, {
    clock: { now: () => Date.now() },
    timers: systemTimers,
    log,
    random: Math.random,
    configFile: sources.file,
    inMemory: false,
    onLoadProgress: loading.show,
    onSaveProgress: saving.show,
    onSaveEnd: saving.end,
    onLogLevel: (level) => setLogLevel(log, level),
  });
  // From here on, since clients and supervisors see it listen before it is all there.
  const forget = stopAtSignals(assembling, log);
  try {
    const daemon = await assembling;
    const loaded = await daemon.load().finally(loading.end);
    collectGarbage();
    if (loaded)
      log.info({ addresses: daemon.addresses, dir: config.dir }, 'ready to accept connections');
    await daemon.stopped;
  } finally {
    forget();
  }
}

/** The log on standard output, and progress on standard error, which may be the same terminal. */
function terminal(config: Parameters<typeof createLog>[0]) {
  const { stdout, stderr } = process;
  // A terminal that is gone: there is nobody left to tell.
  stderr.on('error', () => {});
  const target: ProgressTarget = {
    write: (text) => stderr.write(text),
    isTTY: stderr.isTTY && process.env.TERM !== 'dumb',
    get columns() {
      return stderr.columns;
    },
  };
  const loading = progressLine('loading', target);
  const saving = progressLine('saving', target);
  const output = logOutput(stdout, {
    beforeLine() {
      loading.hide();
      saving.hide();
    },
    lost: ({ message }) =>
      stderr.write(`kvd: the log can't be written (${message}); going on without it\n`),
  });
  const isTerminal = stdout.isTTY;
  const log = createLog(config, { output, isTerminal, colors: isTerminal && stdout.hasColors() });
  return { log, loading, saving };
}

/** A signal that comes while it is assembled is obeyed when it is. Answers what ends it. */
function stopAtSignals(assembling: Promise<Daemon>, log: Log): () => void {
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'signal received');
    // Why it failed is in the log already: either kvd goes on, or `serve` rejects as well.
    assembling.then((daemon) => daemon.shutdown()).catch(() => {});
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return () => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };
}
