import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { Address } from './options.ts';
import type { TlsOptions } from './tls-options.ts';

/** Takes the bytes that were read into `bytes[0, length)`, whose memory is read into again then. */
export type OnRead = (bytes: Uint8Array, length: number) => void;

const READ_BYTES = 64 * 1024;
/** When nothing is said, so often a peer is asked whether it is there. */
const KEEP_ALIVE_MS = 15_000;

/** All sockets read into this, one after the other: who needs the bytes for longer copies them. */
let buffer: Uint8Array | undefined;

/**
 * A TCP or Unix socket of this machine, with TLS if there are options for it. It reads into
 * memory of its own where the host knows `onread`, which spares an allocation a read;
 * elsewhere it emits `data`.
 */
export function openSocket(address: Address, onRead: OnRead, tls?: TlsOptions): Socket {
  buffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (length: number, bytes: Uint8Array) => {
    onRead(bytes, length);
    return true;
  };
  const options = {
    ...address,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    onread: { buffer, callback },
  };
  if (tls === undefined) return connect(options);
  // Servers of several names choose their certificate by it; an address is no name.
  const named = 'host' in address && isIP(address.host) === 0;
  return connectSecurely({ ...options, ...(named ? { servername: address.host } : {}), ...tls });
}
