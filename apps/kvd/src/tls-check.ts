import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ConfigError } from './config/config-error.ts';

/** What was read of files in PEM. */
interface Pem {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly passphrase?: string;
  readonly ca?: Buffer;
}

/**
 * Makes sure that certificates and keys are what they should be, and belong together.
 *
 * @param names - of the options that name the files, for the message
 * @throws {@link ConfigError}
 */
export function checkPem(code: ConfigError['code'], names: string, pem: Pem): void {
  try {
    createSecureContext(pem);
    // A file that holds no certificate would otherwise be taken for no authority at all.
    if (pem.ca !== undefined) new X509Certificate(pem.ca);
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    throw new ConfigError(code, `${names}: ${reason ?? message}`);
  }
}
