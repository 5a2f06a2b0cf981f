// Clients that ask for much and read nothing: the server's memory stays bounded, others are
// answered, and they are cut off.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { megabytes, type Outcome, Target } from './target.ts';

const VALUE_BYTES = 1_000_000;
const VALUES = 500;
const ANSWER_MS_MAX = 50;
/** What each client may hold of the server's memory, with room for what the kernel has not taken. */
const BYTES_MAX = 16 * 2 ** 20;

/** @param cutOffMs - after how long they must have been cut off; 0: that is not waited for */
export async function ignoreReplies(clients: number, cutOffMs: number): Promise<Outcome> {
  await using target = await Target.start();
  const writer = await target.connect();
  const stored = once(writer, 'data');
  writer.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${VALUE_BYTES}\r\n${'v'.repeat(VALUE_BYTES)}\r\n`);
  await stored;
  writer.destroy();
  await target.warmUp();
  const before = target.residentBytes;
  const sockets: Socket[] = [];
  for (let i = 0; i < clients; i++) {
    const socket = await target.connect();
    socket.pause();
    socket.write('GET k\r\n'.repeat(VALUES));
    sockets.push(socket);
  }
  let slowest = 0;
  let most = 0;
  for (let i = 0; i < 20; i++) {
    slowest = Math.max(slowest, await target.ping());
    most = Math.max(most, target.residentBytes - before);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const failures: string[] = [];
  if (most > clients * BYTES_MAX) failures.push(`the server has grown by ${megabytes(most)}`);
  if (slowest > ANSWER_MS_MAX) failures.push(`another client has waited ${slowest.toFixed(0)} ms`);
  const left = cutOffMs === 0 ? clients : await stillConnected(target, cutOffMs);
  if (cutOffMs > 0 && left > 0) failures.push(`${left} of them are still connected`);
  for (const socket of sockets) socket.destroy();
  return {
    figures: {
      clients: String(clients),
      growth: megabytes(most),
      'slowest PING': `${slowest.toFixed(1)} ms`,
      'cut off': String(clients - left),
    },
    failures,
  };
}

/** How many there are besides the one that asks, when there are none or the time is over. */
async function stillConnected(target: Target, withinMs: number): Promise<number> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const others = (await target.info('connected_clients')) - 1;
    if (others === 0 || performance.now() > endsAt) return others;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
