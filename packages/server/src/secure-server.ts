import type { Server, Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { HANDSHAKE_MS_MAX } from './limits.ts';

/** Who a listener with TLS is, and which clients it takes. */
export interface TlsIdentity extends Pick<TlsOptions, 'cert' | 'key' | 'passphrase' | 'ca'> {
  /** Whether clients show certificates; bad ones are refused wherever any are looked at. */
  readonly clients: 'required' | 'optional' | 'none';
}

/** Who hears of clients that connect with TLS. */
export interface SecureEvents {
  /** There is a client, who is who we want. */
  accept(socket: Socket): void;
  /** There was one that could not agree with us; it is gone. */
  refused(error: Error, address: string): void;
}

/** A server that speaks TLS. */
export interface SecureServer {
  readonly server: Server;
  /** Cuts off the clients that have not agreed with us yet. */
  cutOff(): void;
}

const peer = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Makes a server whose sockets are as `options` says; it does not listen yet. */
export function secureServer(
  options: TlsOptions,
  { clients, ...identity }: TlsIdentity,
  events: SecureEvents,
): SecureServer {
  const server = createServer({
    ...options,
    ...identity,
    requestCert: clients !== 'none',
    rejectUnauthorized: clients === 'required',
    handshakeTimeout: HANDSHAKE_MS_MAX,
  });
  const agreeing = new Map<string, Socket>();
  server.on('connection', (socket) => {
    const from = peer(socket);
    agreeing.set(from, socket);
    socket.once('close', () => {
      if (agreeing.get(from) === socket) agreeing.delete(from);
    });
  });
  const refuse = (error: Error, { remoteAddress }: Socket) =>
    events.refused(error, remoteAddress ?? 'gone');
  server.on('tlsClientError', refuse);
  server.on('secureConnection', (socket) => {
    agreeing.delete(peer(socket));
    if (clients === 'optional' && !socket.authorized && hasCertificate(socket)) {
      refuse(socket.authorizationError, socket);
      socket.destroy();
    } else events.accept(socket);
  });
  return {
    server,
    cutOff() {
      for (const socket of agreeing.values()) socket.destroy();
    },
  };
}

function hasCertificate(socket: TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate()).length > 0;
}
