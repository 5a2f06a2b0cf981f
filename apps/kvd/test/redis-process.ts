import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { RedisTarget } from '../src/tools/redis/redis-connection.ts';

const PROGRAM = 'redis-server';

/** Whether there is a redis-server to compare with. */
export const redisIsInstalled = spawnSync(PROGRAM, ['--version']).status === 0;

/** A redis-server that keeps nothing; disposing of it ends it. */
export interface RedisProcess extends AsyncDisposable {
  readonly port: number;
  readonly target: RedisTarget;
}

export async function startRedis(options: readonly string[] = []): Promise<RedisProcess> {
  const port = await freePort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', ...options];
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const { stdout } = child;
  for await (const piece of stdout.iterator({ destroyOnReturn: false }))
    if (String(piece).includes('Ready to accept connections')) break;
  stdout.resume();
  const target = { tls: false, host: '127.0.0.1', port } as const;
  return {
    port,
    target: { ...target, user: undefined, password: undefined, database: undefined },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close');
      child.kill();
      await ended;
    },
  };
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}
