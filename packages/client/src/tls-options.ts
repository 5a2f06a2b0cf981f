import type { ConnectionOptions } from 'node:tls';
import { noOption } from './check-options.ts';
import { invalid, KvError } from './errors.ts';

/** How a TLS connection is made and whom it trusts, as in `node:tls`. */
export type TlsOptions = Readonly<
  Pick<
    ConnectionOptions,
    'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized' | 'minVersion'
  >
>;

const NO_TLS_OPTIONS: TlsOptions = {};

/** Every option of TLS that is passed on. */
const KNOWN_TLS: Readonly<Record<keyof TlsOptions, true>> = {
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  servername: true,
  rejectUnauthorized: true,
  minVersion: true,
};

/**
 * What to make a TLS connection with; `undefined` for one without.
 *
 * @throws {@link KvError} `INVALID_ARGUMENT`
 */
export function resolveTls(options: {
  readonly tls?: boolean | TlsOptions | undefined;
  readonly path?: string | undefined;
  readonly openSocket?: unknown;
}): TlsOptions | undefined {
  const { tls = false, path, openSocket } = options;
  if (tls === false) return undefined;
  if (path !== undefined) throw refused('with a path, where nobody can listen in');
  if (openSocket !== undefined) throw refused('with openSocket, which opens what it wants');
  if (tls === true) return NO_TLS_OPTIONS;
  if (typeof tls !== 'object' || tls === null)
    throw invalid('tls', tls, 'true, false or an object of options');
  for (const name of Object.keys(tls))
    if (!Object.hasOwn(KNOWN_TLS, name))
      throw noOption('TLS', `tls.${name}`, Object.keys(KNOWN_TLS));
  return tls;
}

function refused(reason: string): KvError {
  return new KvError('INVALID_ARGUMENT', `tls has no place ${reason}`);
}
