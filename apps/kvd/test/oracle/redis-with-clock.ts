// redis-server whose time stands still until it is told to go on: libfaketime reads it
// from a file at every look at the clock.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerConnection } from './server-connection.ts';

const PROGRAM = 'redis-server';
const START_MS_MAX = 5000;
const LIBRARIES = '/usr/lib/*/faketime/libfaketime.so.1';
/**
 * jemalloc asks for the time while libfaketime asks it for memory, and neither gets going. The C
 * library's own allocator, put in front, has no use for the time.
 */
const ALLOCATORS = '/lib/*/libc_malloc_debug.so.0';

/** The version of redis-server that is compared with; `undefined` where it or libfaketime is missing. */
export function redisVersion(): string | undefined {
  if (globSync(LIBRARIES).length === 0) return undefined;
  const { stdout, status } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /v=([\w.]+)/.exec(stdout)?.[1] : undefined;
}

/** A redis-server that keeps nothing, with a clock that is moved from here. */
export class RedisWithClock {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.child = child;
    this.directory = directory;
  }

  /** @param now - Unix milliseconds at which its clock stands at first */
  static async start(now: number): Promise<RedisWithClock> {
    const directory = mkdtempSync(join(tmpdir(), 'kv-oracle-'));
    const port = await freePort();
    writeTime(directory, now);
    const preload = [...globSync(ALLOCATORS).slice(0, 1), ...globSync(LIBRARIES).slice(0, 1)];
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory];
    const quiet = ['--save', '', '--appendonly', 'no', '--enable-debug-command', 'yes'];
    const child = spawn(PROGRAM, [...args, ...quiet], {
      stdio: 'ignore',
      env: {
        ...process.env,
        TZ: 'UTC',
        LD_PRELOAD: preload.join(' '),
        FAKETIME_TIMESTAMP_FILE: timeFile(directory),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const redis = new RedisWithClock(port, child, directory);
    try {
      await redis.ready(now);
      return redis;
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  /** Waits until it answers, and makes sure that its clock is the one we move. */
  private async ready(now: number): Promise<void> {
    const endsAt = performance.now() + START_MS_MAX;
    for (;;) {
      const connection = await ServerConnection.open(this.port).catch(() => undefined);
      if (connection !== undefined) {
        const [time = ''] = await connection.exchange([['TIME']]);
        connection.close();
        if (time.includes(String(Math.floor(now / 1000)))) return;
        throw new Error(`${PROGRAM} does not take its time from libfaketime: ${time}`);
      }
      if (this.child.exitCode !== null || performance.now() > endsAt)
        throw new Error(`${PROGRAM} stopped before it was ready`);
      await sleep(20);
    }
  }

  /** Moves its clock. */
  setTime(now: number): void {
    writeTime(this.directory, now);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await gone;
    }
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const timeFile = (directory: string): string => join(directory, 'time');

/** Renamed into place: the server may look at any moment. */
function writeTime(directory: string, now: number): void {
  const time = new Date(now).toISOString();
  const next = join(directory, 'time.next');
  // Half a millisecond more: fractions are read as floating point, and cut off.
  writeFileSync(next, `${time.slice(0, 10)} ${time.slice(11, 23)}5`);
  renameSync(next, timeFile(directory));
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
