import { readFileSync } from 'node:fs';

/** A process that runs. */
export interface ProcessStamp {
  /** When it began, in the system's terms and unique in all its boots; `undefined` where that isn't told. */
  readonly began: string | undefined;
}

/**
 * Looks up a process; `undefined` when there is none. A number alone is not enough: it is
 * used again after a while, and in a container right after a restart.
 */
export function processStamp(pid: number): ProcessStamp | undefined {
  if (pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  return process.platform === 'linux' ? fromProc(pid) : { began: undefined };
}

/** See proc(5): the 3rd word is the state, the 22nd when it began, in ticks since the boot. */
function fromProc(pid: number): ProcessStamp | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 2nd word, the name, is in parentheses and may hold anything.
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not asked how.
    if (words[0] === 'Z' || words[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { began: `${boot}/${words[19]}` };
  } catch {
    // /proc may hide the processes of others.
    return { began: undefined };
  }
}
