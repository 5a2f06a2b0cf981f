import { createServer, type Server, type Socket } from 'node:net';

/** Where to listen: an address of this machine with a port, or the path of a Unix socket. */
export type ListenOptions =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** A listener that is up. */
export interface Listener {
  readonly server: Server;
  /** `127.0.0.1:31337`, `[::1]:31337` or a path. */
  readonly address: string;
  /** The port, also when 0 was asked for; `undefined` for a Unix socket. */
  readonly port: number | undefined;
}

/** Pending connections that the kernel keeps, as Redis's `tcp-backlog`. */
const BACKLOG = 511;

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Starts one listener.
 *
 * @throws the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, ...)
 */
export function listen(
  options: ListenOptions,
  accept: (socket: Socket) => void,
): Promise<Listener> {
  // A client may send all its requests, close its half, and read the replies.
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, accept);
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
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string')
        resolve({ server, address: bound ?? '', port: undefined });
      else resolve({ server, address: formatAddress(bound.address, bound.port), port: bound.port });
    });
  });
}
