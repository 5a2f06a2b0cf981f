import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESP } from './dialects.ts';
import { type RunningServer, stop } from './running-server.ts';

const PROGRAM = 'redis-server';
const HOST = '127.0.0.1';
const START_MS_MAX = 5000;

/** `7.0.15`; `undefined` when there is no such program. */
export function redisVersion(program = PROGRAM): string | undefined {
  const { stdout, status } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/v=([\w.]+)/.exec(stdout)?.[1] ?? '(of unknown version)') : undefined;
}

/** What a table says of redis-server: its name and version, or that it is missing. */
export function redisNameAndVersion(): string {
  const version = redisVersion(PROGRAM);
  return version === undefined ? `${PROGRAM} is not installed: left out` : `${PROGRAM} ${version}`;
}

/**
 * A redis-server in a process of its own, which keeps nothing, or another program that takes its
 * options; `undefined` when there is none.
 */
export async function startRedisServer(
  options: readonly string[] = [],
  program = PROGRAM,
): Promise<RunningServer | undefined> {
  const version = redisVersion(program);
  if (version === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'kv-bench-redis-'));
  const port = await freePort();
  const args = ['--bind', HOST, '--port', String(port), '--dir', directory];
  const child = spawn(program, [...args, '--save', '', '--appendonly', 'no', ...options], {
    stdio: 'ignore',
  });
  const dispose = async () => {
    await stop(child);
    await rm(directory, { recursive: true, force: true });
  };
  const endsAt = performance.now() + START_MS_MAX;
  while (!(await accepts(port))) {
    if (child.exitCode === null && performance.now() < endsAt) {
      await sleep(20);
      continue;
    }
    await dispose();
    throw new Error(`${program} stopped before it was ready`);
  }
  return {
    name: `${basename(program)} ${version}`,
    pid: child.pid as number,
    host: HOST,
    port,
    dialect: RESP,
    [Symbol.asyncDispose]: dispose,
  };
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, HOST);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
