// The one place where implementations meet: the server's ports are filled here with
// the engine, the snapshots, the clock and the timers.
import { performance } from 'node:perf_hooks';
import type { Environment, SnapshotKeeper } from '@kv/persistence';
import {
  type Clock,
  KvServer,
  type Log,
  type Network,
  systemNetwork,
  type Timers,
} from '@kv/server';
import { ActiveExpiry } from './active-expiry.ts';
import { ByteEngine } from './byte-engine.ts';
import { configEffects, diagnosticsOf, rewriteThreshold } from './config/effects.ts';
import { LiveConfig } from './config/live-config.ts';
import type { Config } from './config/options.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import type { Engine } from './engine.ts';
import { KeptLog, noLog } from './kept-log.ts';
import { Lifecycle, type ShutdownOptions } from './lifecycle.ts';
import { listen } from './listeners.ts';
import { loadData } from './load-data.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Progress } from './progress.ts';
import { ReadyMemory } from './ready-memory.ts';
import { KeptSnapshots, noSnapshots, openKeeper, saveProgress } from './snapshots.ts';
import { tlsRenewal } from './tls-renewal.ts';
import { version } from './version.ts';

/** How often the progress of a save is shown. */
const SAVE_PROGRESS_MS = 100;

/** What is the system's own unless a whole daemon runs simulated. */
interface World {
  /** Files, the clock that never jumps, turns of the event loop, and random bytes. */
  readonly environment: Pick<Environment, 'fs' | 'monotonic' | 'yieldToEventLoop' | 'randomBytes'>;
  readonly network: Network;
  /** Memory for entries. */
  readonly allocate: (bytes: number) => ArrayBuffer;
  /** Takes the data directory for one daemon. */
  readonly lock: (directory: string) => Promise<DirectoryLock>;
}

/** What a daemon is made with besides its options. */
export interface Surroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly random: () => number;
  /** The parts of the world that only a simulation replaces. */
  readonly world?: World;
  /** Where the options were read from, if from a file. */
  readonly configFile?: string | undefined;
  /** Keeps nothing on disk, whatever `dir` says. */
  readonly inMemory: boolean;
  readonly onLoadProgress?: (progress: Progress) => void;
  /** Looked at now and then while a save runs. */
  readonly onSaveProgress?: (progress: Progress) => void;
  readonly onSaveEnd?: () => void;
  /** CONFIG SET has changed how much is logged. */
  readonly onLogLevel?: (level: Config['loglevel']) => void;
}

/** A daemon that listens. Until it has loaded, clients are told to wait. */
export interface Daemon {
  /** Where it listens, e.g. `127.0.0.1:31337`. */
  readonly addresses: readonly string[];
  /** The TCP port; the first one, if there are several addresses. */
  readonly port: number;
  /**
   * Loads the snapshot and begins to serve. False: it was stopped before. Rejects with a
   * `SnapshotError`; nothing is left open then.
   */
  load(): Promise<boolean>;
  /** Saves as asked and stops; joins a shutdown that is under way. See {@link Lifecycle}. */
  shutdown(options?: ShutdownOptions): Promise<void>;
  /** Resolves when the daemon has stopped, whoever asked for it; rejects if it lost something. */
  readonly stopped: Promise<void>;
}

/** What a daemon stores its data in: memory, and the disk if it has any. */
interface Storage {
  readonly engine: Engine;
  readonly memory: ReadyMemory;
  readonly disk: { readonly keeper: SnapshotKeeper; readonly appendLog: KeptLog } | undefined;
  readonly lock: DirectoryLock | undefined;
  readonly changed: { tell(): void };
}

/**
 * Takes the data directory and listens.
 *
 * Rejects with what went wrong (a `DataDirectoryError`, a `SnapshotError`, or the
 * system's error of a listener, which has `syscall: 'listen'`); nothing is left open then.
 */
export async function assemble(config: Config, surroundings: Surroundings): Promise<Daemon> {
  const storage = await openStorage(config, surroundings);
  const { server, lifecycle, startJobs } = build(config, surroundings, storage);
  const { engine, memory, disk } = storage;
  const { clock, log, onLoadProgress } = surroundings;
  const undone = async (error: unknown): Promise<never> => {
    await lifecycle.abort();
    throw error;
  };
  await listen(server, config, log).catch(undone);
  return {
    addresses: server.addresses,
    port: server.port,
    stopped: lifecycle.stopped,
    shutdown: (options) => lifecycle.shutdown(options),
    async load() {
      engine.now = clock.now();
      const { appendonly } = config;
      const onProgress = onLoadProgress;
      const whole =
        disk === undefined ||
        (await loadData(
          { ...disk, engine, memory, appendonly, clock, log, onProgress },
          lifecycle.loadSignal,
        ).catch(undone));
      if (!whole || lifecycle.loadSignal.aborted) return false;
      server.loaded();
      lifecycle.loaded();
      startJobs();
      return true;
    },
  };
}

async function openStorage(config: Config, surroundings: Surroundings): Promise<Storage> {
  const { clock, timers, log, random, world, inMemory, onSaveEnd } = surroundings;
  const changed = { tell: () => {} };
  const memory = new ReadyMemory();
  const engine = new ByteEngine({
    databases: config.databases,
    maxBytes: config.maxmemory,
    evictionPolicy: config['maxmemory-policy'],
    changed: () => changed.tell(),
    random,
    randomBytes: world?.environment.randomBytes,
    allocate: world?.allocate ?? ((bytes) => memory.allocate(bytes)),
  });
  if (inMemory) return { engine, memory, changed, disk: undefined, lock: undefined };
  const lock = await (world?.lock ?? lockDirectory)(config.dir);
  if (lock.takenOverFrom !== undefined)
    log.warn(
      { dir: config.dir, from: lock.takenOverFrom },
      'took the data directory over from a kvd that ended without giving it up',
    );
  try {
    const exclusively = oneAtATime();
    const environment = { ...world?.environment, clock, timers };
    const appendLog = await KeptLog.open({
      directory: config.dir,
      environment,
      engine,
      fsync: config.appendfsync,
      rewriteAt: rewriteThreshold(config),
      exclusively,
      log,
    });
    const keeper = await openKeeper(engine, {
      directory: config.dir,
      environment,
      fileName: config.dbfilename,
      savePoints: config.save,
      exclusively,
      log,
      onSaveEnd,
    });
    changed.tell = () => keeper.changed();
    return { engine, memory, changed, disk: { keeper, appendLog }, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The server on its ports, and what ends it. Nothing runs yet. */
function build(config: Config, surroundings: Surroundings, storage: Storage) {
  const { clock, timers, log } = surroundings;
  const { engine, disk, lock } = storage;
  const keeper = disk?.keeper;
  const monotonic = surroundings.world?.environment.monotonic ?? performance;
  const appendLog = disk?.appendLog;
  const expiry = new ActiveExpiry(engine, clock, timers);
  let showing: unknown;
  const tls = tlsRenewal((identity) => {
    server.identity = identity;
  }, log);
  const { onLogLevel } = surroundings;
  const affected = { server: () => server, engine, keeper, appendLog, onLogLevel };
  const effects = { ...configEffects(affected), ...tls.effects };
  const live = new LiveConfig(config, effects, tls.checks, surroundings.configFile);
  const lifecycle: Lifecycle = new Lifecycle({
    keeper,
    appendLog,
    savesByDefault: () => live.current.save.length > 0,
    closeServer: () => server.close({ drainMs: live.current['shutdown-timeout'] * 1000 }),
    release: () => {
      expiry.stop();
      timers.clearInterval(showing);
      lock?.release();
    },
    timers,
    log,
  });
  const server: KvServer = new KvServer({
    version,
    keyspaces: engine,
    snapshots:
      keeper === undefined
        ? memoryOnly(storage, clock)
        : new KeptSnapshots(keeper, () => live.current['stop-writes-on-bgsave-error']),
    appendLog: appendLog ?? noLog,
    lifecycle,
    configuration: live,
    loading: () => lifecycle.loading,
    clock,
    timers,
    log,
    password: config.requirepass || undefined,
    limits: {
      get connectionsMax() {
        return live.current.maxclients;
      },
      get idleMsMax() {
        return live.current.timeout * 1000;
      },
    },
    transport: config.transport,
    busyPoll: config['busy-poll'],
    network: surroundings.world?.network ?? systemNetwork,
    monotonic: () => monotonic.now(),
    diagnostics: diagnosticsOf(config),
    debugging: {
      allowed: config['enable-debug-command'],
      activeExpiry: (on) => expiry.turn(on),
      block: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
    },
  });
  server.keyspaceEvents = config['notify-keyspace-events'];
  const startJobs = () => {
    expiry.start();
    const { onSaveProgress } = surroundings;
    if (keeper === undefined || onSaveProgress === undefined) return;
    showing = timers.setInterval(() => {
      const progress = saveProgress(keeper);
      if (progress !== undefined) onSaveProgress(progress);
    }, SAVE_PROGRESS_MS);
  };
  return { server, lifecycle, startJobs };
}

function memoryOnly({ changed }: Storage, clock: Clock) {
  const snapshots = noSnapshots(clock.now());
  changed.tell = snapshots.changed;
  return snapshots;
}
