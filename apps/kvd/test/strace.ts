import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { cleanEnvironment, gather, KVD } from './kvd-process.ts';

const STRACE = 'strace';

/** Whether strace is there, and allowed to trace. */
export const hasStrace =
  process.platform === 'linux' && spawnSync(STRACE, ['-o', '/dev/null', 'true']).status === 0;

/** A daemon whose system calls are noted, and fail as told. */
export interface TracedKvd extends AsyncDisposable {
  readonly port: number;
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** What has been noted so far, line by line. */
  trace(): string[];
  /** Ends it by SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Runs `kvd` under strace with further arguments for each. File calls are made by one thread and the main one,
 * because strace counts what fails by thread.
 */
export async function startTraced(
  args: readonly string[],
  strace: readonly string[],
  tracePath: string,
): Promise<TracedKvd> {
  const node = [process.execPath, ...KVD, '--port', '0', '--log-format', 'json', ...args];
  const child = spawn(STRACE, ['-f', '-qq', '-o', tracePath, ...strace, ...node], {
    env: cleanEnvironment({ UV_THREADPOOL_SIZE: '1' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = gather(child);
  const line = await readyLine(child, output);
  const { pid } = JSON.parse(output.stdout.split('\n')[0] as string) as { pid: number };
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(pid, 'SIGTERM');
      await once(child, 'close');
    }
    return child.exitCode;
  };
  return {
    port: Number(/:(\d+)$/.exec(line.addresses[0] as string)?.[1]),
    output,
    trace: () => readFileSync(tracePath, 'latin1').split('\n'),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function readyLine(
  child: ChildProcess,
  output: { readonly stdout: string; readonly stderr: string },
): Promise<{ readonly addresses: string[] }> {
  return await new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const ready = output.stdout.split('\n').find((text) => text.includes('"addresses"'));
      if (ready?.endsWith('}')) resolve(JSON.parse(ready));
    });
    child.on('close', (code) => reject(new Error(`kvd ended with ${code}: ${output.stderr}`)));
  });
}

/** A client that sends lines, and gets the first line of each answer; `undefined` when it was cut off. */
export async function lineClient(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  let text = '';
  let closed = false;
  let wake = () => {};
  socket.on('data', (chunk) => {
    text += chunk;
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    wake();
  });
  return {
    async ask(line: string): Promise<string | undefined> {
      text = '';
      socket.write(`${line}\r\n`);
      while (!text.includes('\r\n')) {
        if (closed) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return text.slice(0, text.indexOf('\r\n'));
    },
    close: () => socket.destroy(),
  };
}
