// The one place where implementations meet: the server's ports are filled here with
// the store, the snapshots, the clock and the timers.
import { SnapshotKeeper } from '@kv/persistence';
import { type Clock, KvServer, type Log, type Timers } from '@kv/server';
import type { Config } from './config/options.ts';
import { shownConfig } from './config/resolve.ts';
import { MapKeyspaces } from './map-keyspaces.ts';
import type { Progress } from './progress.ts';
import { logSnapshotEvent } from './snapshot-log.ts';
import { keptSnapshots, noSnapshots } from './snapshots.ts';
import { version } from './version.ts';

/** How often expired entries are looked for, and how many deadlines a database's turn looks at. */
const SWEEP_INTERVAL_MS = 100;
const SWEEP_BUDGET = 5_000;

/** How often a shutdown looks whether the save before its own has ended. */
const SAVE_POLL_MS = 10;

/** What a daemon is made with besides its options. */
export interface Surroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly random: () => number;
  /** Keeps nothing on disk, whatever `dir` says. */
  readonly inMemory: boolean;
  readonly onLoadProgress?: (progress: Progress) => void;
  /** Looked at now and then while a save runs. */
  readonly onSaveProgress?: (progress: Progress) => void;
  readonly onSaveEnd?: () => void;
}

/** A daemon that is up and serving. */
export interface Daemon {
  /** Where it listens, e.g. `127.0.0.1:31337`. */
  readonly addresses: readonly string[];
  /** The TCP port; the first one, if there are several addresses. */
  readonly port: number;
  /** Saves as asked (by default, when there are save points) and stops. Joins a shutdown that is under way. */
  shutdown(options?: {
    readonly save?: boolean | undefined;
    readonly force?: boolean;
  }): Promise<void>;
  /** Resolves when the daemon has stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
}

/**
 * Opens the data directory, listens, loads the snapshot and serves.
 *
 * Rejects with what went wrong (a `SnapshotError`, or the system's error of a
 * listener, which has `syscall: 'listen'`); nothing is left open then.
 */
export async function assemble(config: Config, surroundings: Surroundings): Promise<Daemon> {
  const { clock, timers, log } = surroundings;
  const changes = { changed: () => {} };
  const keyspaces = new MapKeyspaces(
    config.databases,
    () => changes.changed(),
    surroundings.random,
  );
  const keeper = surroundings.inMemory
    ? undefined
    : await SnapshotKeeper.open({
        directory: config.dir,
        fileName: config.dbfilename,
        source: keyspaces,
        savePoints: config.save,
        clock,
        timers,
        onEvent: (event) => {
          if (event.kind !== 'save-started') surroundings.onSaveEnd?.();
          logSnapshotEvent(log, event);
        },
      });
  let snapshots: ReturnType<typeof keptSnapshots>;
  if (keeper === undefined) {
    const none = noSnapshots(clock.now());
    changes.changed = none.changed;
    snapshots = none;
  } else {
    changes.changed = () => keeper.changed();
    snapshots = keptSnapshots(keeper);
  }
  const state = { loading: true };
  const server = new KvServer({
    version,
    keyspaces,
    snapshots,
    lifecycle: { shutdown: (options) => shutdown(options) },
    configuration: { parameters: () => shownConfig(config) },
    loading: () => state.loading,
    clock,
    timers,
    log,
    password: config.requirepass || undefined,
    connectionsMax: config.maxclients,
    idleMsMax: config.timeout * 1000,
  });
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let sweeping: unknown;
  let stopping: Promise<void> | undefined;

  const close = async (running: 'abort' | 'save'): Promise<void> => {
    timers.clearInterval(sweeping);
    await server.close({ drainMs: config['shutdown-timeout'] * 1000 });
    await keeper?.close({ running });
    stop();
  };

  /** The first save happens while clients are served: if it fails, nothing has been given up. */
  const stopWith = async (save: boolean, force: boolean): Promise<void> => {
    if (save && keeper !== undefined && keeper.dirty > 0) {
      try {
        await saveNow(keeper, timers);
      } catch (error) {
        log.error({ err: error }, 'could not save before shutdown');
        if (!force) throw error;
      }
    }
    log.info({}, 'shutting down');
    await close(save && keeper !== undefined && keeper.dirty > 0 ? 'save' : 'abort');
    log.info({}, 'bye');
  };

  const shutdown: Daemon['shutdown'] = ({ save, force = false } = {}) => {
    const saves = save ?? config.save.length > 0;
    stopping ??= stopWith(saves, force).catch((error) => {
      stopping = undefined;
      throw error;
    });
    return stopping;
  };

  try {
    await listen(server, config, log);
    keyspaces.now = clock.now();
    if (keeper !== undefined) await load(keeper, keyspaces, surroundings);
  } catch (error) {
    await close('abort');
    throw error;
  }
  state.loading = false;
  sweeping = timers.setInterval(() => {
    keyspaces.now = clock.now();
    keyspaces.sweep(SWEEP_BUDGET);
    const progress = keeper?.progress;
    if (progress !== undefined)
      surroundings.onSaveProgress?.({
        entries: progress.entries,
        fraction: progress.entries / Math.max(1, progress.entriesExpected),
      });
  }, SWEEP_INTERVAL_MS);
  return { addresses: server.addresses, port: server.port, shutdown, stopped };
}

/** A save that is under way holds an older state: it is waited for, and another one follows. */
async function saveNow(keeper: SnapshotKeeper, timers: Timers): Promise<void> {
  for (;;) {
    try {
      await keeper.save();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'SAVE_IN_PROGRESS' && code !== 'SAVE_ABORTED') throw error;
      await new Promise<void>((resolve) => timers.setTimeout(resolve, SAVE_POLL_MS));
    }
  }
}

async function listen(server: KvServer, config: Config, log: Log): Promise<void> {
  let { port } = config;
  for (const { host, optional } of config.bind) {
    try {
      const listener = await server.listen({ host, port });
      // With port 0 the system chooses once, and the other addresses take the same.
      port = listener.port ?? port;
    } catch (error) {
      if (!optional || (error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
      log.warn({ host }, 'this machine does not have the address; going on without it');
    }
  }
  if (config.unixsocket !== '') await server.listen({ path: config.unixsocket });
}

async function load(
  keeper: SnapshotKeeper,
  keyspaces: MapKeyspaces,
  { log, onLoadProgress }: Surroundings,
): Promise<void> {
  const loaded = await keeper.load(keyspaces, {
    onProgress: ({ entries, bytes, bytesTotal }) =>
      onLoadProgress?.({ entries, fraction: bytes / Math.max(1, bytesTotal) }),
  });
  if (loaded === undefined) log.info({ path: keeper.path }, 'no snapshot yet: starting empty');
  else log.info({ path: keeper.path, ...loaded }, 'snapshot loaded');
}
