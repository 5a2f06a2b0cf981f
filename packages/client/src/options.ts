import { connect as connectSocket, type Socket } from 'node:net';
import type { ValueCodec } from '@kv/protocol';
import { KvError } from './errors.ts';

/** Where a server listens. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** Timers of the client; durations are monotonic. */
export interface ClientTimers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Milliseconds that only grow. */
  now(): number;
}

/** What `connect` takes. */
export interface ConnectOptions {
  /** `kv://user:password@host:port/database`, or `kv+unix:///path/to/socket`. Options beside it win. */
  readonly url?: string;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 31337. */
  readonly port?: number;
  /** Path of a Unix socket, in place of host and port. */
  readonly path?: string;
  /** Default `default`. */
  readonly username?: string;
  readonly password?: string;
  /** Number of the database. Default 0. */
  readonly database?: number;
  /** Name of this connection, shown by CLIENT LIST. */
  readonly name?: string;
  /** How long a call may take, waiting for a connection included. Default 2000; 0 is for ever. */
  readonly timeoutMs?: number;
  /** How long one attempt to connect may take. Default 2000. */
  readonly connectTimeoutMs?: number;
  /** How many calls may wait for their reply. Default 65536; one more is `QUEUE_FULL`. */
  readonly queueMax?: number;
  /** Connect again when the connection is lost. Default true. */
  readonly reconnect?: boolean;
  /** The first and the longest pause between attempts, which double. Default 50 and 2000. */
  readonly backoffMs?: { readonly first: number; readonly most: number };
  /** Encodes and decodes values; bring one with extensions for classes of your own. */
  readonly codec?: ValueCodec;
  /** Opens the socket. Default: TCP or a Unix socket of this machine. */
  readonly openSocket?: (address: Address) => Socket;
  /** Default: the process's timers and `performance.now`. */
  readonly timers?: ClientTimers;
  /** Between 0 and 1, for the pauses' jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** Every option with its value. */
export interface ResolvedOptions {
  readonly address: Address;
  readonly username: string;
  readonly password: string | undefined;
  readonly database: number;
  readonly name: string;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly queueMax: number;
  readonly reconnect: boolean;
  readonly backoffMs: { readonly first: number; readonly most: number };
  readonly codec: ValueCodec | undefined;
  readonly openSocket: (address: Address) => Socket;
  readonly timers: ClientTimers;
  readonly random: () => number;
}

export const DEFAULT_PORT = 31337;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

const systemTimers: ClientTimers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  now: () => performance.now(),
};

function openSocket(address: Address): Socket {
  return connectSocket({ ...address, noDelay: true, keepAlive: true });
}

/** What a URL says. */
function fromUrl(text: string): Partial<ConnectOptions> {
  const url = URL.parse(text);
  if (url === null) throw invalid('url', text, 'a URL such as kv://127.0.0.1:31337');
  const { protocol, hostname, port, pathname } = url;
  const credentials = {
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
  if (protocol === 'kv+unix:') return { ...credentials, path: decodeURIComponent(pathname) };
  if (protocol !== 'kv:')
    throw invalid(
      'url',
      text,
      'a URL that begins with kv:// or kv+unix:// (kvs:// needs TLS, which kvd does not have yet)',
    );
  const database = pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database)) throw invalid('url', text, 'a URL whose path is a database number');
  return {
    ...credentials,
    ...(hostname === '' ? {} : { host: hostname.replace(/^\[(.*)\]$/, '$1') }),
    ...(port === '' ? {} : { port: Number(port) }),
    ...(database === '' ? {} : { database: Number(database) }),
  };
}

function invalid(option: string, value: unknown, allowed: string): KvError {
  return new KvError('INVALID_ARGUMENT', `${option}: ${String(value)} must be ${allowed}`);
}

function checkInteger(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(option, value, `a whole number from ${least} to ${most}`);
  return value;
}

/** Milliseconds that a timer can wait; 0 is for ever. */
export function checkTimeout(option: string, value: number): number {
  return checkInteger(option, value, 0, TIMEOUT_MS_MAX);
}

/** @throws {@link KvError} `INVALID_ARGUMENT` naming the option, its value and what is allowed */
export function resolveOptions(target: string | ConnectOptions): ResolvedOptions {
  const given = typeof target === 'string' ? { url: target } : target;
  const o: ConnectOptions = { ...(given.url === undefined ? {} : fromUrl(given.url)), ...given };
  const port = checkInteger('port', o.port ?? DEFAULT_PORT, 0, 65_535);
  const { first, most } = o.backoffMs ?? { first: 50, most: 2000 };
  return {
    address: o.path === undefined ? { host: o.host ?? '127.0.0.1', port } : { path: o.path },
    username: o.username ?? 'default',
    password: o.password,
    database: checkInteger('database', o.database ?? 0, 0, 65_535),
    name: o.name ?? '',
    timeoutMs: checkTimeout('timeoutMs', o.timeoutMs ?? 2000),
    connectTimeoutMs: checkInteger(
      'connectTimeoutMs',
      o.connectTimeoutMs ?? 2000,
      1,
      TIMEOUT_MS_MAX,
    ),
    queueMax: checkInteger('queueMax', o.queueMax ?? 65_536, 1, 2 ** 30),
    reconnect: o.reconnect ?? true,
    backoffMs: {
      first: checkInteger('backoffMs.first', first, 1, TIMEOUT_MS_MAX),
      most: checkInteger('backoffMs.most', most, first, TIMEOUT_MS_MAX),
    },
    codec: o.codec,
    openSocket: o.openSocket ?? openSocket,
    timers: o.timers ?? systemTimers,
    random: o.random ?? Math.random,
  };
}

/** An address for messages. */
export function formatAddress(address: Address): string {
  if ('path' in address) return address.path;
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
