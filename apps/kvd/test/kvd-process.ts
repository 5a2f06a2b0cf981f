import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../src/run.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** How a `kvd` command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `kvd` daemon in a process of its own; disposing of it kills it. */
export interface KvdProcess extends AsyncDisposable {
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

/** The arguments of Node.js that run kvd from its sources. */
export const KVD = ['--conditions=kv-source', '--no-warnings', MAIN] as const;

/** An environment without options for kvd, and without wishes about colors. */
export function cleanEnvironment(env: Record<string, string> = {}): Record<string, string> {
  const unwanted = /^(KVD_.*|NO_COLOR|FORCE_COLOR|TERM|CI)$/;
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  return { ...Object.fromEntries(kept as [string, string][]), ...env };
}

/** Runs `kvd`, and does not wait for anything. */
export function spawnKvd(
  args: readonly string[],
  env: Record<string, string> = {},
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
): ChildProcess {
  return spawn(process.execPath, [...KVD, ...args], { env: cleanEnvironment(env), stdio });
}

/** What a process says, as it says it. */
export function gather(child: ChildProcess): { stdout: string; stderr: string } {
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
  input?: string | Uint8Array,
): Promise<Ended> {
  const child = spawnKvd(args, env, ['pipe', 'pipe', 'pipe']);
  child.stdin?.end(input);
  const output = gather(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Runs a one-shot `kvd` command in this process, which is quicker. */
export async function runHere(
  args: readonly string[],
  env: Record<string, string> = {},
  input: string | Uint8Array = '',
): Promise<Ended> {
  const stdin = Readable.from([Buffer.from(input)]);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await run(args, env, { stdin, stdout, stderr });
  return { code, stdout: textIn(stdout), stderr: textIn(stderr) };
}

function textIn(stream: PassThrough): string {
  stream.end();
  let text = '';
  for (let piece = stream.read(); piece !== null; piece = stream.read()) text += piece;
  return text;
}

/** Starts a daemon on a port of the system's choice, and waits until it is ready. */
export async function startKvdProcess(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<KvdProcess> {
  const child = spawnKvd(['--port', '0', '--log-format', 'json', ...args], env);
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
  const kill = async (signal: NodeJS.Signals): Promise<Ended> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'close');
    }
    return { code: child.exitCode, ...output };
  };
  return {
    child,
    addresses,
    port: Number(/:(\d+)$/.exec(addresses[0] as string)?.[1]),
    log,
    kill,
    async [Symbol.asyncDispose]() {
      await kill('SIGKILL');
    },
  };
}
