import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { type SecureEvents, secureServer, type TlsIdentity } from './secure-server.ts';

/** Where to listen: an address of this machine with a port, with TLS perhaps, or the path of a Unix socket. */
export type ListenOptions =
  | { readonly host: string; readonly port: number; readonly tls?: TlsIdentity | undefined }
  | { readonly path: string };

/** A listener that is up. */
export interface Listener {
  readonly server: Pick<Server, 'close'>;
  /** Cuts off clients that have connected, but are none of the server's yet. */
  readonly cutOff: () => void;
  /** Where there is TLS: is somebody else for who connects from now on. */
  readonly identify?: ((identity: TlsIdentity) => void) | undefined;
  /** `127.0.0.1:31337`, `[::1]:31337` or a path. */
  readonly address: string;
  /** The port, also when 0 was asked for; `undefined` for a Unix socket. */
  readonly port: number | undefined;
}

/** Pending connections that the kernel keeps, as Redis's `tcp-backlog`. */
const BACKLOG = 511;

/** `host:port`, with brackets around an IPv6 address. */
function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An end of a connection. A Unix socket has no address, nor has a client that left before it was looked at. */
export function addressOf(
  host: string | undefined,
  port: number | undefined,
  carrier: string,
): string {
  return host === undefined ? carrier : formatAddress(host, port ?? 0);
}

/** Who hears of a listener's clients, and of its troubles after it came up. */
export interface ListenEvents extends SecureEvents {
  failed(error: Error, address: string): void;
}

/**
 * Starts one listener.
 *
 * The file of a Unix socket outlives a process that was killed. It is removed if it is
 * a socket and nobody answers on it, and nothing else ever is.
 *
 * @throws the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, ...), or that of an
 * identity that is none
 */
export async function listen(options: ListenOptions, events: ListenEvents): Promise<Listener> {
  try {
    return await bind(options, events);
  } catch (error) {
    if (!('path' in options) || codeOf(error) !== 'EADDRINUSE') throw error;
    if (!(await isDeserted(options.path))) throw error;
    await unlink(options.path);
    return bind(options, events);
  }
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

/** Whether a path is a socket that refuses connections. */
async function isDeserted(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isSocket()) return false;
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED'));
  });
}

/** A client may send all its requests, close its half, and read the replies. */
const SOCKETS = { allowHalfOpen: true, noDelay: true, keepAlive: true };

/** What is to listen. */
interface Serving extends Pick<Listener, 'cutOff' | 'identify'> {
  readonly server: Server;
}

function serverOf(options: ListenOptions, events: ListenEvents): Serving {
  const tls = 'tls' in options ? options.tls : undefined;
  if (tls !== undefined) return secureServer(SOCKETS, tls, events);
  // Nothing is read before it is known where to.
  const server = createServer({ ...SOCKETS, pauseOnConnect: true }, (socket) =>
    events.accept(socket),
  );
  return { server, cutOff() {} };
}

function bind(options: ListenOptions, events: ListenEvents): Promise<Listener> {
  const { server, cutOff, identify } = serverOf(options, events);
  const where =
    'path' in options
      ? { path: options.path, backlog: BACKLOG }
      : {
          host: options.host,
          port: options.port,
          backlog: BACKLOG,
          ipv6Only: options.host.includes(':'),
        };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      const bound = server.address();
      const isTcp = bound !== null && typeof bound === 'object';
      const address = isTcp ? formatAddress(bound.address, bound.port) : (bound ?? '');
      server.off('error', reject);
      server.on('error', (error) => events.failed(error, address));
      resolve({ server, cutOff, identify, address, port: isTcp ? bound.port : undefined });
    });
  });
}
