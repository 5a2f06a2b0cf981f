import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const SETTLE_MS_MAX = 10_000;
const SETTLED_MS = 1000;
const SETTLED_SHARE = 0.002;

/** Bytes of a process that are in memory. Rejects where there is no /proc. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** The same when it has not changed for a second, or after ten. */
export async function settledBytes(pid: number): Promise<number> {
  const endsAt = performance.now() + SETTLE_MS_MAX;
  let before = residentBytes(pid);
  for (;;) {
    await sleep(SETTLED_MS);
    const now = residentBytes(pid);
    if (Math.abs(now - before) < now * SETTLED_SHARE || performance.now() > endsAt) return now;
    before = now;
  }
}
