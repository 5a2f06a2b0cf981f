import type { ConnectOptions } from '@kv/client';
import { ConfigError } from '../config/config-error.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { ClientFlags } from './arguments.ts';
import { tlsOptions } from './tls-flags.ts';

/** How long a command may take. A person waits, and can interrupt; a health check must end. */
const TIMEOUT_MS = 30_000;
/** Commands that answer when all data is on disk, however long that takes. */
const PATIENT: readonly string[] = ['SAVE', 'SHUTDOWN'];
const FOR_EVER_MS = 2 ** 31 - 1;

/** Where one command goes, and what it may take. */
export interface Target {
  readonly client: ClientFlags;
  /** `--port` */
  readonly port: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * What to connect with. Without a URL it is the server that the same environment would
 * start, so that `kvd ping` in its container just works.
 *
 * @throws {@link ConfigError} for flags and variables that can't be
 */
export function connectOptions({ client, port, env }: Target, command: string): ConnectOptions {
  // A variable that is set to nothing, as composed files do, is not set.
  const url = client.url ?? (env.KVD_URL || undefined);
  const patient = PATIENT.includes(command);
  const secure = tlsOptions(client.tls);
  return {
    ...(url === undefined ? ownServer(env, secure.tls !== undefined) : { url }),
    ...(client.password === undefined ? {} : { password: client.password }),
    ...(client.database === undefined ? {} : { database: number('database', client.database) }),
    ...(port === undefined ? {} : { port: number('port', port) }),
    ...secure,
    timeoutMs: patient ? 0 : TIMEOUT_MS,
    silenceMs: patient ? FOR_EVER_MS : TIMEOUT_MS,
    reconnect: false,
    name: 'kvd-cli',
  };
}

function ownServer(env: Target['env'], secure: boolean): ConnectOptions {
  const names = ['KVD_PORT', 'KVD_TLS_PORT', 'KVD_REQUIREPASS', 'KVD_REQUIREPASS_FILE'];
  const used = Object.fromEntries(names.map((name) => [name, env[name]]));
  const { config } = resolveConfig({ flags: {}, env: used, file: undefined });
  const { port, requirepass, 'tls-port': tlsPort } = config;
  return {
    port: secure && tlsPort !== 0 ? tlsPort : port,
    ...(requirepass === '' ? {} : { password: requirepass }),
  };
}

function number(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new ConfigError('USAGE', `--${name}: ${JSON.stringify(text)} must be a whole number`);
}
