import type { Duplex } from 'node:stream';
import type { ValueCodec } from '@kv/protocol';
import { noOption } from './check-options.ts';
import { invalid, KvError } from './errors.ts';
import { type OnRead, openSocket } from './open-socket.ts';
import { resolveTls, type TlsOptions } from './tls-options.ts';
import { fromUrl } from './url.ts';

/** Where a server listens. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** Timers of the client; durations are monotonic. */
export interface ClientTimers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Milliseconds that only grow. */
  now(): number;
}

/**
 * What `connect` takes. An option that is `undefined` counts as not given, so
 * that `password: process.env.KV_PASSWORD` does what it looks like.
 */
export interface ConnectOptions {
  /**
   * `kv://user:password@host:port/database`, `kvs://...` for the same with TLS, or
   * `kv+unix:///path/to/socket`. Options beside it win.
   */
  readonly url?: string | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default 31337. */
  readonly port?: number | undefined;
  /** Path of a Unix socket, in place of host and port. */
  readonly path?: string | undefined;
  /**
   * Encrypts the connection and checks whose certificate the server has. Options say whom to
   * trust (`ca`) and who the client is (`cert`, `key`). Default false; true with `kvs://`.
   */
  readonly tls?: boolean | TlsOptions | undefined;
  /** Default `default`. Needs a password. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Number of the database. Default 0. */
  readonly database?: number | undefined;
  /** Name of this connection, shown by CLIENT LIST: printable ASCII without spaces. */
  readonly name?: string | undefined;
  /** How long a call may take, waiting for a connection included. Default 2000; 0 is for ever. */
  readonly timeoutMs?: number | undefined;
  /** How long one attempt to connect may take. Default 2000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * After this much silence a connection on which replies are overdue is given up for lost,
   * and another is made; one that only listens is asked for a sign of life. Default 10000.
   */
  readonly silenceMs?: number | undefined;
  /**
   * Wait for replies awake for some 50 microseconds: a server on the same machine answers
   * sooner than a process is woken. With one that is farther away this ends by itself.
   * Default true.
   */
  readonly busyPoll?: boolean | undefined;
  /** How many calls may wait for their reply. Default 65536; one more is `QUEUE_FULL`. */
  readonly queueMax?: number | undefined;
  /**
   * When the requests of the calls that wait have this many bytes, a further call is
   * `QUEUE_FULL`. Default 256 MiB.
   */
  readonly queueBytesMax?: number | undefined;
  /** Connect again when the connection is lost. Default true. */
  readonly reconnect?: boolean | undefined;
  /** The first and the longest pause between attempts, which double. Default 50 and 2000. */
  readonly backoffMs?: { readonly first: number; readonly most: number } | undefined;
  /** Encodes and decodes values; bring one with extensions for classes of your own. */
  readonly codec?: ValueCodec | undefined;
  /**
   * Opens the connection, as a socket or any other stream of bytes in both directions.
   * Default: TCP or a Unix socket of this machine.
   */
  readonly openSocket?: ((address: Address) => Duplex) | undefined;
  /** Default: the process's timers and `performance.now`. */
  readonly timers?: ClientTimers | undefined;
  /** Between 0 and 1, for the pauses' jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
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
  readonly silenceMs: number;
  readonly busyPoll: boolean;
  readonly queueMax: number;
  readonly queueBytesMax: number;
  readonly reconnect: boolean;
  readonly backoffMs: { readonly first: number; readonly most: number };
  readonly codec: ValueCodec | undefined;
  readonly openSocket: (address: Address, onRead: OnRead) => Duplex;
  readonly timers: ClientTimers;
  readonly random: () => number;
}

const DEFAULT_PORT = 31337;
const PORT_MAX = 65_535;
const DATABASE_MAX = 65_535;
/** The longest that a timer can wait. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
const QUEUE_MAX = 2 ** 30;
const QUEUE_BYTES = 256 * 1024 * 1024;

/** Every option; a record, so that the compiler sees when one is forgotten. */
const KNOWN: Readonly<Record<keyof ConnectOptions, true>> = {
  url: true,
  host: true,
  port: true,
  path: true,
  tls: true,
  username: true,
  password: true,
  database: true,
  name: true,
  timeoutMs: true,
  connectTimeoutMs: true,
  silenceMs: true,
  busyPoll: true,
  queueMax: true,
  queueBytesMax: true,
  reconnect: true,
  backoffMs: true,
  codec: true,
  openSocket: true,
  timers: true,
  random: true,
};

/** Held here: Node.js looks its global of that name up anew each time it is used. */
const { performance } = globalThis;

const systemTimers: ClientTimers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  now: () => performance.now(),
};

function checkInteger(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(option, value, `a whole number from ${least} to ${most}`);
  return value;
}

/** Milliseconds that a timer can wait; 0 is for ever. */
export function checkTimeout(option: string, value: number): number {
  return checkInteger(option, value, 0, TIMEOUT_MS_MAX);
}

/** A string that has an UTF-8 form; empty only where that means something. */
export function checkText(option: string, value: string, least = 0): string {
  const isText = typeof value === 'string' && Buffer.from(value).toString() === value;
  // What is wrong may be a password: it is not shown.
  if (!isText) throw new KvError('INVALID_ARGUMENT', `${option} must be a well-formed string`);
  if (value.length < least) throw invalid(option, value, 'a string that is not empty');
  return value;
}

/** Printable ASCII without spaces, as the server has it. */
function checkName(name: string): string {
  if (!/^[!-~]*$/.test(checkText('name', name)))
    throw invalid('name', name, 'printable ASCII without spaces');
  return name;
}

function checkBoolean(option: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw invalid(option, value, 'true or false');
  return value;
}

// biome-ignore lint/suspicious/noExplicitAny: any function
function checkFunction<T extends (...args: any[]) => unknown>(option: string, value: T): T {
  if (typeof value !== 'function') throw invalid(option, value, 'a function');
  return value;
}

/** The options that were given, those of the URL behind those beside it. */
function gather(target: string | ConnectOptions): ConnectOptions {
  if (typeof target === 'string') return fromUrl(target);
  if (typeof target !== 'object' || target === null)
    throw invalid('the target of connect', target, 'a URL or an object of options');
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(target)) {
    if (!Object.hasOwn(KNOWN, name)) throw noOption('connect', name, Object.keys(KNOWN));
    if (value !== undefined) given[name] = value;
  }
  const beside = given as ConnectOptions;
  if (beside.url === undefined) return beside;
  const { path, ...rest } = fromUrl(beside.url);
  const elsewhere = beside.host !== undefined || beside.port !== undefined;
  return { ...rest, ...(path === undefined || elsewhere ? {} : { path }), ...beside };
}

function addressOf({ host = '127.0.0.1', port = DEFAULT_PORT, path }: ConnectOptions): Address {
  if (path !== undefined) return { path: checkText('path', path, 1) };
  return { host: checkText('host', host, 1), port: checkInteger('port', port, 0, PORT_MAX) };
}

function backoffOf({ backoffMs = { first: 50, most: 2000 } }: ConnectOptions) {
  const first = checkInteger('backoffMs.first', backoffMs.first, 1, TIMEOUT_MS_MAX);
  return { first, most: checkInteger('backoffMs.most', backoffMs.most, first, TIMEOUT_MS_MAX) };
}

/** Whoever brings a stream does not read for us: it delivers by itself. */
function openerOf(
  given: ConnectOptions['openSocket'],
  tls: TlsOptions | undefined,
): ResolvedOptions['openSocket'] {
  if (given === undefined) return (address, onRead) => openSocket(address, onRead, tls);
  checkFunction('openSocket', given);
  return (address) => given(address);
}

/** @throws {@link KvError} `INVALID_ARGUMENT` naming the option, its value and what is allowed */
export function resolveOptions(target: string | ConnectOptions): ResolvedOptions {
  const o = gather(target);
  const { username = 'default', password, connectTimeoutMs = 2000, silenceMs = 10_000 } = o;
  if (o.username !== undefined && password === undefined)
    throw new KvError('INVALID_ARGUMENT', 'a username goes together with a password');
  return {
    address: addressOf(o),
    username: checkText('username', username, 1),
    password: password === undefined ? undefined : checkText('password', password),
    database: checkInteger('database', o.database ?? 0, 0, DATABASE_MAX),
    name: checkName(o.name ?? ''),
    timeoutMs: checkTimeout('timeoutMs', o.timeoutMs ?? 2000),
    connectTimeoutMs: checkInteger('connectTimeoutMs', connectTimeoutMs, 1, TIMEOUT_MS_MAX),
    silenceMs: checkInteger('silenceMs', silenceMs, 1, TIMEOUT_MS_MAX),
    busyPoll: checkBoolean('busyPoll', o.busyPoll ?? true),
    queueMax: checkInteger('queueMax', o.queueMax ?? 65_536, 1, QUEUE_MAX),
    queueBytesMax: checkInteger(
      'queueBytesMax',
      o.queueBytesMax ?? QUEUE_BYTES,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    reconnect: checkBoolean('reconnect', o.reconnect ?? true),
    backoffMs: backoffOf(o),
    codec: o.codec,
    openSocket: openerOf(o.openSocket, resolveTls(o)),
    timers: o.timers ?? systemTimers,
    random: checkFunction('random', o.random ?? Math.random),
  };
}

/** An address for messages. */
export function formatAddress(address: Address): string {
  if ('path' in address) return address.path;
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
