import { readFileSync } from 'node:fs';
import type { TlsIdentity } from '@kv/server';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/options.ts';
import { checkPem } from './tls-check.ts';

/** What the words of `tls-auth-clients` mean to the server. */
const CLIENTS = { yes: 'required', optional: 'optional', no: 'none' } as const;

type FileOption = 'tls-cert-file' | 'tls-key-file' | 'tls-ca-cert-file';

/**
 * What kvd shows to clients that connect with TLS, and what it wants to see of them.
 *
 * @returns `undefined` when there is no port for them
 * @throws {@link ConfigError} for a file that is missing, not readable or not what it should be
 */
export function tlsIdentity(config: Config): TlsIdentity | undefined {
  if (config['tls-port'] === 0) return undefined;
  const clients = config['tls-auth-clients'];
  const passphrase = config['tls-key-file-pass'];
  const authority = config['tls-ca-cert-file'] !== '' || clients !== 'no';
  const identity = {
    cert: pem(config, 'tls-cert-file', 'kvd has to show a certificate'),
    key: pem(config, 'tls-key-file', 'the certificate has a private key'),
    ...(passphrase === '' ? {} : { passphrase }),
    ...(authority
      ? { ca: pem(config, 'tls-ca-cert-file', 'somebody signs the certificates of clients') }
      : {}),
    clients: CLIENTS[clients],
  };
  checkPem('CONFIG', 'tls-cert-file, tls-key-file and tls-ca-cert-file', identity);
  return identity;
}

/** The file that an option names. */
function pem(config: Config, option: FileOption, why: string): Buffer {
  const path = config[option];
  if (path === '') {
    const otherwise = option === 'tls-ca-cert-file' ? ', or say tls-auth-clients no' : '';
    throw new ConfigError('CONFIG', `tls-port: ${why}; name its file with ${option}${otherwise}`);
  }
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError('CONFIG', `${option}: cannot read ${path}: ${(error as Error).message}`);
  }
}
