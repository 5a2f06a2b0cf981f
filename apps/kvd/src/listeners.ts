import type { KvServer, Log, TlsIdentity } from '@kv/server';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/options.ts';
import { tlsIdentity } from './tls-identity.ts';

/** Listens wherever the options say; rejects with the system's error, or a `ConfigError`. */
export async function listen(server: KvServer, config: Config, log: Log): Promise<void> {
  const tls = tlsIdentity(config);
  // Beside TLS, port 0 means what it means to Redis.
  if (tls === undefined || config.port !== 0)
    await listenEverywhere(server, config, { port: config.port }, log);
  if (tls !== undefined)
    await listenEverywhere(server, config, { port: config['tls-port'], tls }, log);
  if (config.unixsocket !== '') await server.listen({ path: config.unixsocket });
  if (server.addresses.length === 0)
    throw new ConfigError(
      'CONFIG',
      `bind: this machine has none of ${config.bind.map(({ host }) => host).join(' ')}, so that nobody could connect`,
    );
}

/** Listens on every address of `bind`. */
async function listenEverywhere(
  server: KvServer,
  { bind }: Config,
  place: { readonly port: number; readonly tls?: TlsIdentity },
  log: Log,
): Promise<void> {
  let { port } = place;
  for (const { host, optional } of bind) {
    try {
      const listener = await server.listen({ ...place, host, port });
      // With port 0 the system chooses once, and the other addresses take the same.
      port = listener.port ?? port;
    } catch (error) {
      if (!optional || (error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
      log.warn({ host }, 'this machine does not have the address; going on without it');
    }
  }
}
