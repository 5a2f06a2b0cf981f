import { readFileSync } from 'node:fs';
import type { ConnectOptions } from '@kv/client';
import { ConfigError } from '../config/config-error.ts';
import { checkPem } from '../tls-check.ts';

/** How a command is sent with TLS; the names are those of redis-cli. */
export interface TlsFlags {
  /** Encrypt, though no URL says so. The others say it too. */
  readonly tls: boolean;
  /** File with the certificates of who may sign for the server, in PEM. */
  readonly cacert: string | undefined;
  /** File with the certificate that is shown to the server, in PEM. */
  readonly cert: string | undefined;
  /** File with its private key, in PEM. */
  readonly key: string | undefined;
  /** Whom the server's certificate is for, if not for the host that is connected to. */
  readonly sni: string | undefined;
  /** Whoever the server is. */
  readonly insecure: boolean;
}

/**
 * What to connect with; nothing if no flag asks for TLS.
 *
 * @throws {@link ConfigError} `USAGE` for a file that can't be read, or is not what it should be
 */
export function tlsOptions(flags: TlsFlags): Pick<ConnectOptions, 'tls'> {
  const { tls, cacert, cert, key, sni, insecure } = flags;
  if (!tls && !insecure && [cacert, cert, key, sni].every((flag) => flag === undefined)) return {};
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigError('USAGE', '--cert and --key go together');
  const pem = {
    ...(cacert === undefined ? {} : { ca: read('cacert', cacert) }),
    ...(cert === undefined ? {} : { cert: read('cert', cert) }),
    ...(key === undefined ? {} : { key: read('key', key) }),
  };
  checkPem('USAGE', '--cacert, --cert and --key', pem);
  return {
    tls: {
      ...pem,
      ...(sni === undefined ? {} : { servername: sni }),
      ...(insecure ? { rejectUnauthorized: false } : {}),
    },
  };
}

function read(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError('USAGE', `--${flag}: ${(error as Error).message}`);
  }
}
