import { Socket, type SocketConstructorOpts } from 'node:net';

/** Where a socket reads to, and who hears of it. */
export interface ReadTarget {
  /** Where the next read goes; undefined for where the last one went. */
  place(): Uint8Array | undefined;
  /** So many bytes have been read there. */
  read(count: number, into: Uint8Array): void;
}

/**
 * A socket that reads into buffers of ours, in place of one that was accepted: it takes
 * its handle over. That Node.js lets one do so is not documented, so `undefined`, and
 * the accepted socket as it was, where it does not.
 */
export function ownSocket(accepted: Socket, target: ReadTarget): Socket | undefined {
  const before = accepted as unknown as { _handle?: object | null };
  const handle = before._handle;
  if (typeof handle !== 'object' || handle === null) return undefined;
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: () => target.place(),
      callback: (count: number, into: Uint8Array) => {
        target.read(count, into);
        return true;
      },
    },
  };
  const socket = new Socket(options as unknown as SocketConstructorOpts);
  if ((socket as unknown as { _handle?: object })._handle !== handle) return undefined;
  before._handle = null;
  accepted.destroy();
  return socket;
}
