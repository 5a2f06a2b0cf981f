// The server that is to survive: a kvd in a process of its own, and how it is.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KvdProcess, startKvdProcess } from '../kvd-process.ts';

const ANSWER_MS_MAX = 5000;

/** A kvd that keeps nothing. */
export class Target implements AsyncDisposable {
  readonly kvd: KvdProcess;

  private readonly directory: string;

  private constructor(kvd: KvdProcess, directory: string) {
    this.kvd = kvd;
    this.directory = directory;
  }

  static async start(options: readonly string[] = []): Promise<Target> {
    const directory = await mkdtemp(join(tmpdir(), 'kvd-hostile-'));
    const args = ['--dir', directory, '--save', '', '--bind', '127.0.0.1'];
    const target = new Target(await startKvdProcess([...args, ...options]), directory);
    // A line for everything that is wrong would be kept here.
    await target.ask('CONFIG SET loglevel nothing');
    return target;
  }

  get port(): number {
    return this.kvd.port;
  }

  /** Bytes of memory that the process has. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.kvd.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** A connection that takes whatever comes. */
  async connect(): Promise<Socket> {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.on('error', () => {});
    return socket;
  }

  /** Asks something on a connection of its own; the whole reply as text, and how long it took. */
  async ask(command: string, end: string | RegExp = '\r\n'): Promise<{ text: string; ms: number }> {
    const socket = await this.connect();
    const beganAt = performance.now();
    socket.write(`${command}\r\n`);
    try {
      return { text: await textUntil(socket, end), ms: performance.now() - beganAt };
    } finally {
      socket.destroy();
    }
  }

  async ping(): Promise<number> {
    const { text, ms } = await this.ask('PING');
    if (text !== '+PONG\r\n') throw new Error(`PING was answered ${JSON.stringify(text)}`);
    return ms;
  }

  /** Lets it compile what executes requests, so that nobody is measured waiting for that. */
  async warmUp(): Promise<void> {
    const requests = `${'GET none\r\n'.repeat(400)}PING`;
    for (let i = 0; i < 50; i++) await this.ask(requests, '+PONG\r\n');
  }

  /** A number out of INFO. */
  async info(name: string): Promise<number> {
    const pattern = new RegExp(`${name}:(\\d+)\\r\\n`);
    return Number(pattern.exec((await this.ask('INFO', pattern)).text)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kvd[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** What arrives until it ends so, or has that in it. */
function textUntil(socket: Socket, end: string | RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const late = setTimeout(
    () => reject(new Error(`only ${JSON.stringify(text)} came`)),
    ANSWER_MS_MAX,
  );
  const isWhole = () => (typeof end === 'string' ? text.endsWith(end) : end.test(text));
  const take = (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (isWhole()) resolve(text);
  };
  const fail = () => reject(new Error('the server has closed the connection'));
  socket.on('data', take);
  socket.once('close', fail);
  return promise.finally(() => {
    clearTimeout(late);
    socket.off('data', take);
    socket.off('close', fail);
  });
}

/** What a scenario found: figures for a table, and what was not as it must be. */
export interface Outcome {
  readonly figures: Readonly<Record<string, string>>;
  readonly failures: readonly string[];
}

export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
