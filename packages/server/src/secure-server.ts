import { createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
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
  /** Is somebody else, or wants others, for who connects from now on. Throws for an identity that is none. */
  identify(identity: TlsIdentity): void;
  /** Cuts off the clients that have not agreed with us yet. */
  cutOff(): void;
}

const peer = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Makes a server whose sockets are as `options` says; it does not listen yet. */
export function secureServer(
  options: ServerOpts,
  identity: TlsIdentity,
  events: SecureEvents,
): SecureServer {
  const agreeing = new Map<string, Socket>();
  const accept = (socket: Socket) => {
    agreeing.delete(peer(socket));
    events.accept(socket);
  };
  let handshakes = handshakesOf(identity, { ...events, accept });
  const server = createServer(options, (socket) => {
    const from = peer(socket);
    agreeing.set(from, socket);
    socket.once('close', () => {
      if (agreeing.get(from) === socket) agreeing.delete(from);
    });
    handshakes.emit('connection', socket);
  });
  return {
    server,
    identify(next) {
      handshakes = handshakesOf(next, { ...events, accept });
    },
    cutOff() {
      for (const socket of agreeing.values()) socket.destroy();
    },
  };
}

/** Agrees with clients about TLS; it listens nowhere, and is given its sockets. */
function handshakesOf({ clients, ...identity }: TlsIdentity, events: SecureEvents): Server {
  const handshakes = createTlsServer({
    ...identity,
    requestCert: clients !== 'none',
    rejectUnauthorized: clients === 'required',
    handshakeTimeout: HANDSHAKE_MS_MAX,
  });
  const refuse = (error: Error, { remoteAddress }: Socket) =>
    events.refused(error, remoteAddress ?? 'gone');
  handshakes.on('tlsClientError', refuse);
  handshakes.on('secureConnection', (socket) => {
    if (clients === 'optional' && !socket.authorized && hasCertificate(socket)) {
      refuse(socket.authorizationError, socket);
      socket.destroy();
    } else events.accept(socket);
  });
  return handshakes;
}

function hasCertificate(socket: TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate()).length > 0;
}
