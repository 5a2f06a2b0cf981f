import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Dialect } from './dialects.ts';

/** A server in a process of its own, which ends when it is disposed of. */
export interface RunningServer extends AsyncDisposable {
  /** With its version, as in `kvd 0.1.0`. */
  readonly name: string;
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly dialect: Dialect;
}

const STOP_MS_MAX = 5000;

/** Asks a server to end, and makes it if it does not. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const stuck = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await exited;
  clearTimeout(stuck);
}
