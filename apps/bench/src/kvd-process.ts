import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NATIVE } from './dialects.ts';
import { type RunningServer, stop } from './running-server.ts';
import { versionOf } from './versions.ts';

/** The program that `kvd` runs, as it is published. */
export const KVD = fileURLToPath(new URL('./main.js', import.meta.resolve('@kv/kvd')));

/** A kvd in a process of its own, which keeps nothing. */
export async function startKvdProcess(
  options: readonly string[] = [],
): Promise<RunningServer & { readonly url: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'kv-bench-'));
  const args = ['--port', '0', '--save', '', '--dir', directory, '--log-format', 'json'];
  const child = spawn(process.execPath, [KVD, ...args, '--bind', '127.0.0.1', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const dispose = async () => {
    await stop(child);
    await rm(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const { addresses } = JSON.parse(line);
    if (addresses === undefined) continue;
    child.stdout.resume();
    const { hostname, port } = new URL(`kv://${addresses[0]}`);
    return {
      name: `kvd ${versionOf('@kv/kvd')}`,
      url: `kv://${addresses[0]}`,
      pid: child.pid as number,
      host: hostname,
      port: Number(port),
      dialect: NATIVE,
      [Symbol.asyncDispose]: dispose,
    };
  }
  await dispose();
  throw new Error('kvd stopped before it was ready');
}
