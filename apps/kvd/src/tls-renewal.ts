import type { Log, TlsIdentity } from '@kv/server';
import type { Checks, Effects } from './config/live-config.ts';
import type { Config } from './config/options.ts';
import { tlsIdentity } from './tls-identity.ts';

/** The options that say who kvd is to clients with TLS, and whom it takes. */
const OPTIONS = [
  'tls-cert-file',
  'tls-key-file',
  'tls-key-file-pass',
  'tls-ca-cert-file',
  'tls-auth-clients',
] as const;

/**
 * What CONFIG SET does with the options of TLS: their files are read, even where the names are
 * those that they had, as certificates are renewed in place. Nothing changes unless what was read
 * belongs together; clients that are connected stay.
 */
export function tlsRenewal(
  identify: (identity: TlsIdentity) => void,
  log: Log,
): { readonly checks: Checks; readonly effects: Effects } {
  let next: TlsIdentity | undefined;
  const read = (config: Config) => {
    next = tlsIdentity(config);
  };
  const renew = (config: Config) => {
    // The first of several that were changed together does it for all.
    if (next === undefined) return;
    identify(next);
    next = undefined;
    log.info({ certificate: config['tls-cert-file'] }, 'clients with TLS see what was read now');
  };
  return {
    checks: Object.fromEntries(OPTIONS.map((name) => [name, read])),
    effects: Object.fromEntries(OPTIONS.map((name) => [name, renew])),
  };
}
