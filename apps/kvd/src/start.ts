import type { Clock, Log } from '@kv/server';
import { assemble, type Daemon } from './assemble.ts';
import { ConfigError } from './config/config-error.ts';
import { resolveConfig } from './config/resolve.ts';
import { systemTimers } from './system-timers.ts';

/** What {@link startKvd} takes; everything has a default that suits a test. */
export interface StartOptions {
  /** Default 0: the system chooses, and `port` of the result says which. */
  readonly port?: number;
  /** Addresses separated by spaces. Default 127.0.0.1. */
  readonly bind?: string;
  /** Where snapshots are kept. Default: nowhere, everything is gone with the server. */
  readonly dir?: string;
  /** Save points, as the option `save`. Default: none. */
  readonly save?: string;
  /** Keep an append-only log in `dir`, as the option `appendonly`. Default: no. */
  readonly appendonly?: boolean;
  /** As the option `appendfsync`. Default: everysec. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** A password that clients must give. Default: none. */
  readonly password?: string;
  readonly databases?: number;
  readonly maxClients?: number;
  /** Allow DEBUG, as the option `enable-debug-command`. Default: no. */
  readonly debugCommand?: boolean;
  /**
   * Where deadlines, LASTSAVE and ages take the time from, in Unix milliseconds. It may jump: deadlines
   * follow it at once, and an entry that was seen expired stays gone when it goes back. Timers (save
   * points, limits of clients) run on the process's own monotonic clock. Default: the system's.
   */
  readonly clock?: Clock;
  /** Where log lines go. Default: nowhere. */
  readonly log?: Log;
}

/** A server that {@link startKvd} started. `await using` stops it. */
export interface Kvd extends AsyncDisposable {
  readonly port: number;
  /** For `connect`: `kv://127.0.0.1:port`. */
  readonly url: string;
  /**
   * Saves when there are save points (or as told), and stops. Calling it again joins the first call; when
   * the save fails it rejects, the server goes on, and it may be called again.
   */
  close(options?: { readonly save?: boolean }): Promise<void>;
}

const ignore = (): void => {};
const silent: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Starts a kvd server inside this process: the real one, on a real socket. For
 * tests of applications, which can move its time instead of sleeping.
 *
 * @throws as the daemon would refuse to start: a `ConfigError`, a `DataDirectoryError`, a
 * `SnapshotError`, or the system's error of listening
 *
 * @example
 * ```ts
 * let now = Date.now();
 * await using kvd = await startKvd({ clock: { now: () => now } });
 * await using client = await connect(kvd.url);
 * await client.setex('session', 5, 'Alice');
 * now += 5000;
 * await client.get('session'); // undefined
 * ```
 */
export async function startKvd(options: StartOptions = {}): Promise<Kvd> {
  const flags: Record<string, string> = {
    port: String(options.port ?? 0),
    bind: options.bind ?? '127.0.0.1',
    save: options.save ?? '',
  };
  if (options.dir !== undefined) flags.dir = options.dir;
  if (options.appendonly === true) flags.appendonly = 'yes';
  if (options.appendfsync !== undefined) flags.appendfsync = options.appendfsync;
  if (options.password !== undefined) flags.requirepass = options.password;
  if (options.databases !== undefined) flags.databases = String(options.databases);
  if (options.debugCommand === true) flags['enable-debug-command'] = 'yes';
  if (options.maxClients !== undefined) flags.maxclients = String(options.maxClients);
  const { config } = resolveConfig({ flags, env: {}, file: undefined });
  if (config.appendonly && options.dir === undefined)
    throw new ConfigError('CONFIG', 'appendonly: there is no dir to keep a log in');
  const daemon = await assemble(config, {
    clock: options.clock ?? { now: () => Date.now() },
    timers: systemTimers,
    log: options.log ?? silent,
    random: Math.random,
    inMemory: options.dir === undefined,
  });
  await daemon.load();
  return started(daemon, options.password);
}

function started(daemon: Daemon, password: string | undefined): Kvd {
  const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  const close = (how: { readonly save?: boolean } = {}) => daemon.shutdown(how);
  return {
    port: daemon.port,
    url: `kv://${credentials}${daemon.addresses[0]}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
