import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunningServer } from '../running-server.ts';

const PROGRAM = fileURLToPath(new URL('./watcher.ts', import.meta.url));

/** A {@link file://./watcher.ts} that runs: of a server, or of the machine alone. */
export class Watch implements AsyncDisposable {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start(server?: RunningServer): Promise<Watch> {
    const args = server === undefined ? [] : [server.host, String(server.port)];
    const child = fork(PROGRAM, args, { execArgv: [] });
    await once(child, 'message');
    return new Watch(child);
  }

  begin(): void {
    this.child.send('begin');
  }

  /** The longest wait since {@link begin}, in milliseconds. */
  async end(): Promise<number> {
    this.child.send('end');
    const [longest] = await once(this.child, 'message');
    return longest as number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}
