import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../kvd/src/main.ts', import.meta.url));

/** A kvd that runs as a process of its own, as in production. */
export interface KvdProcess extends AsyncDisposable {
  readonly url: string;
  /** Ends it at once: it cannot save, and it cannot say goodbye. */
  kill(): Promise<void>;
}

/** Starts kvd on a port that the system chooses; its log says which. */
export async function startKvdProcess(dir: string): Promise<KvdProcess> {
  const args = ['--conditions=kv-source', MAIN, '--port', '0', '--dir', dir];
  const child = spawn(process.execPath, [...args, '--log-format', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
      await once(child, 'exit');
  };
  const address = await listeningAddress(child);
  return { url: `kv://${address}`, kill, [Symbol.asyncDispose]: kill };
}

async function listeningAddress(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    const { msg, addresses } = JSON.parse(line);
    if (msg !== 'ready to accept connections') continue;
    child.stdout?.resume(); // the rest of the log is not of interest
    return addresses[0];
  }
  throw new Error('kvd stopped before it was ready');
}
