import type { Socket } from 'node:net';
import { type ListenEvents, type Listener, type ListenOptions, listen } from './listen.ts';
import { ownSocket, type ReadTarget } from './own-socket.ts';

/** Where clients come from, so that a simulation can bring its own. */
export interface Network {
  /** Starts a listener. Rejects with the system's error. */
  listen(where: ListenOptions, events: ListenEvents): Promise<Listener>;
  /** A socket in place of one that was accepted, which reads where the target says; `undefined` where there is none. */
  readInto(accepted: Socket, target: ReadTarget): Socket | undefined;
}

/** The sockets of this machine. */
export const systemNetwork: Network = { listen, readInto: ownSocket };
