// Many clients that do little: idle ones, ones that send a byte a second, and more than there are
// descriptors for.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { megabytes, type Outcome, Target } from './target.ts';

const IDLE_CLIENTS = fileURLToPath(new URL('./idle-clients.ts', import.meta.url));
const IDLE_BYTES_MAX = 20 * 1024;
const TRICKLING_BYTES_MAX = 50 * 2 ** 20;
const ANSWER_MS_MAX = 50;
/** Descriptors are free again by then. */
const SERVED_MS_MAX = 5000;
/** Who sends so slowly for so long has been cut off. */
const CUT_OFF_MS = 35_000;

/** Connections that say hello and nothing more, opened by a process of their own. */
export async function holdIdleConnections(count: number): Promise<Outcome> {
  await using target = await Target.start(['--maxclients', String(count + 100)]);
  // The code for connections is compiled first: it belongs to none of them.
  await withIdleClients(target, Math.ceil(count / 10), async () => {});
  const before = target.residentBytes;
  const failures: string[] = [];
  const { perConnection, ms } = await withIdleClients(target, count, async () => {
    const connected = await target.info('connected_clients');
    if (connected < count) failures.push(`only ${connected} are connected`);
    return { perConnection: (target.residentBytes - before) / count, ms: await target.ping() };
  });
  if (perConnection > IDLE_BYTES_MAX) failures.push(`${Math.round(perConnection)} bytes each`);
  return {
    figures: {
      connections: count.toLocaleString('en'),
      'bytes each': Math.round(perConnection).toLocaleString('en'),
      PING: `${ms.toFixed(1)} ms`,
    },
    failures,
  };
}

async function withIdleClients<T>(
  target: Target,
  count: number,
  use: () => Promise<T>,
): Promise<T> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=kv-source', IDLE_CLIENTS, String(target.port), String(count)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [chunk] = await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, 'data'),
      once(child, 'exit').then(() => ['ended']),
    ]);
    if (String(chunk).trim() !== 'ready') throw new Error('the clients could not be opened');
    return await use();
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** Clients that send a byte of a long request now and then, for a while. */
export async function trickle(count: number, rounds: number, pauseMs: number): Promise<Outcome> {
  await using target = await Target.start(['--maxclients', String(count + 100)]);
  await target.ping();
  const before = target.residentBytes;
  const bytes = Buffer.from(`*2\r\n$3\r\nGET\r\n$100000\r\n${'k'.repeat(rounds)}`);
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) sockets.push(await target.connect());
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    for (const socket of sockets) socket.write(bytes.subarray(round, round + 1));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    slowest = Math.max(slowest, await target.ping());
  }
  const growth = target.residentBytes - before;
  const left = (await target.info('connected_clients')) - 1;
  for (const socket of sockets) socket.destroy();
  const failures = [
    ...(rounds * pauseMs > CUT_OFF_MS && left > 0 ? [`${left} are still connected`] : []),
    ...(growth > TRICKLING_BYTES_MAX ? [`the server has grown by ${megabytes(growth)}`] : []),
    ...(slowest > ANSWER_MS_MAX ? [`another client has waited ${slowest.toFixed(0)} ms`] : []),
  ];
  return {
    figures: {
      connections: count.toLocaleString('en'),
      bytes: String(rounds),
      growth: megabytes(growth),
      'cut off': String(count - left),
      'slowest PING': `${slowest.toFixed(1)} ms`,
    },
    failures,
  };
}

/** More clients than the process may have descriptors; then they leave. */
export async function runOutOfDescriptors(limit: number): Promise<Outcome> {
  await using target = await Target.start();
  const { pid } = target.kvd.child;
  const limited = spawn('prlimit', ['--pid', String(pid), `--nofile=${limit}:${limit}`]);
  const [code] = await once(limited, 'exit');
  if (code !== 0) throw new Error('prlimit could not limit the descriptors of the server');
  const sockets: Socket[] = [];
  for (let i = 0; i < limit * 2; i++) sockets.push(await target.connect());
  // Who has a place is served all the while.
  const [served] = sockets as [Socket];
  const failures: string[] = [];
  served.write('PING\r\n');
  const answered = await Promise.race([
    once(served, 'data').then(() => true),
    new Promise((resolve) => setTimeout(() => resolve(false), 2000)),
  ]);
  if (answered !== true) failures.push('a client that was connected is not answered');
  for (const socket of sockets) socket.destroy();
  const ms = await timeUntilServed(target);
  if (target.kvd.child.exitCode !== null) failures.push('the server has ended');
  return {
    figures: {
      descriptors: String(limit),
      clients: String(limit * 2),
      'served again after': `${ms.toFixed(0)} ms`,
    },
    failures,
  };
}

/** Whoever comes before descriptors are free again is turned away, and may come again. */
async function timeUntilServed(target: Target): Promise<number> {
  const beganAt = performance.now();
  for (;;) {
    const isServed = await target.ping().then(
      () => true,
      () => false,
    );
    const ms = performance.now() - beganAt;
    if (isServed) return ms;
    if (ms > SERVED_MS_MAX) throw new Error(`nobody is served ${SERVED_MS_MAX} ms later`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
