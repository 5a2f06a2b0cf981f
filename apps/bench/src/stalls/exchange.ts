import { once } from 'node:events';
import { connect } from 'node:net';
import type { RunningServer } from '../running-server.ts';

const PING = Buffer.from('PING\r\n');
const PONG = Buffer.from('+PONG\r\n');

/** Sends a RESP request, and waits until its reply has come, of whatever kind: that of a PING behind it ends it. */
export async function exchange({ host, port }: RunningServer, request: Buffer): Promise<void> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  let tail: Buffer = Buffer.alloc(0);
  let answered = false;
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server hung up')));
    socket.on('data', (chunk: Buffer) => {
      if (!answered && chunk[0] === 0x2d) reject(new Error(chunk.toString('latin1', 0, 200)));
      answered = true;
      tail = Buffer.concat([tail, chunk.subarray(-PONG.length)]).subarray(-PONG.length);
      if (tail.equals(PONG)) resolve();
    });
  });
  socket.write(request);
  socket.write(PING);
  await done.finally(() => socket.removeAllListeners('close').destroy());
}
