import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A kvd in a process of its own, which keeps nothing. */
export async function startKvdProcess(): Promise<{ readonly url: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'kv-bench-'));
  // Resolved to the sources under --conditions=kv-source, to what was built without it.
  const index = import.meta.resolve('@kv/kvd');
  const main = fileURLToPath(new URL(index.endsWith('.ts') ? './main.ts' : './main.js', index));
  const options = ['--port', '0', '--save', '', '--dir', directory, '--log-format', 'json'];
  const child = spawn(process.execPath, ['--conditions=kv-source', main, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const dispose = async () => {
    child.kill('SIGTERM');
    const stuck = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(stuck);
    await rm(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const { addresses } = JSON.parse(line);
    if (addresses === undefined) continue;
    child.stdout.resume();
    return { url: `kv://${addresses[0]}`, [Symbol.asyncDispose]: dispose };
  }
  await dispose();
  throw new Error('kvd stopped before it was ready');
}
