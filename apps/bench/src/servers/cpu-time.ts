import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Nanoseconds of processor time that all threads of a process have had; `undefined` where the system does not say. */
export function cpuNanoseconds(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => {
      const [ran] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return sum + Number(ran);
    }, 0);
  } catch {
    return undefined;
  }
}

/** Where servers run, and a generator whose other threads may take nothing from them. */
export const SERVER_PROCESSOR = 0;
export const GENERATOR_PROCESSOR = 1;

const PINNING = 'taskset';

/** Whether processes can be kept to processors of their own here. */
export const canPin = availableParallelism() > 1 && spawnSync(PINNING, ['--version']).status === 0;

/** Keeps a process with all its threads to one processor, where that can be done. */
export function pin(pid: number, processor: number): void {
  if (canPin) spawnSync(PINNING, ['-a', '-p', '-c', String(processor), String(pid)]);
}
