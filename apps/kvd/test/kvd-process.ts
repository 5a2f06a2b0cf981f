import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** How a `kvd` command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `kvd` daemon in a process of its own. */
export interface KvdProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly addresses: readonly string[];
  /** Log lines so far, parsed. */
  readonly log: readonly LogLine[];
  kill(signal: NodeJS.Signals): Promise<Ended>;
}

interface LogLine {
  readonly msg: string;
  readonly addresses?: string[];
  readonly [field: string]: unknown;
}

function run(args: readonly string[], env: Record<string, string>): ChildProcess {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('KVD_')),
  );
  return spawn(process.execPath, ['--conditions=kv-source', '--no-warnings', MAIN, ...args], {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function gather(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return output;
}

/** Runs `kvd` to its end. */
export async function runKvd(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const child = run(args, env);
  const output = gather(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Starts a daemon on a port of the system's choice, and waits until it is ready. */
export async function startKvdProcess(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<KvdProcess> {
  const child = run(['--port', '0', '--log-format', 'json', ...args], env);
  const output = gather(child);
  const log: LogLine[] = [];
  let rest = '';
  const ready = await new Promise<LogLine>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() as string;
      for (const line of lines) {
        const entry = JSON.parse(line) as LogLine;
        log.push(entry);
        if (entry.addresses !== undefined) resolve(entry);
      }
    });
    child.on('close', (code) => reject(new Error(`kvd ended with ${code}: ${output.stderr}`)));
  });
  const addresses = ready.addresses as string[];
  return {
    child,
    addresses,
    port: Number(/:(\d+)$/.exec(addresses[0] as string)?.[1]),
    log,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'close');
      }
      return { code: child.exitCode, ...output };
    },
  };
}
