import type { ServerContext } from './handler.ts';

/** What memory is used for; bytes. */
export interface MemoryUse {
  /** Entries and clients. */
  readonly total: number;
  /** The most that {@link total} has been. */
  readonly peak: number;
  /** The entries, with the gaps between them and the index. */
  readonly entries: number;
  /** The entries alone. */
  readonly dataset: number;
  readonly clients: number;
  readonly clientCount: number;
  readonly keys: number;
  /** What the process has: in use, taken from the system, in physical memory. */
  readonly process: {
    readonly allocated: number;
    readonly active: number;
    readonly resident: number;
  };
}

/** Looks at what memory is used for now. */
export function memoryUse({ keyspaces, statistics, sessions }: ServerContext): MemoryUse {
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  const { usedBytes, liveBytes } = keyspaces;
  const { clientBytes } = statistics;
  const total = usedBytes + clientBytes;
  statistics.peakBytes = Math.max(statistics.peakBytes, total);
  let keys = 0;
  for (const [, keyspace] of keyspaces.used()) keys += keyspace.size;
  return {
    total,
    peak: statistics.peakBytes,
    entries: usedBytes,
    dataset: liveBytes,
    clients: clientBytes,
    clientCount: sessions.size,
    keys,
    process: { allocated: heapUsed + external, active: heapTotal + external, resident: rss },
  };
}

/** Less says nothing about how memory is used. */
const WORTH_A_LOOK_BYTES = 5 * 1024 * 1024;
const CLIENT_BYTES = 200 * 1024;

/** What is worth looking at, for people. */
export function memoryReport(use: MemoryUse): string {
  if (use.total < WORTH_A_LOOK_BYTES)
    return 'There is so little data that nothing can be said about its memory.\n';
  const findings: string[] = [];
  if (use.peak > use.total * 1.5)
    findings.push(
      `There was more once: ${use.peak} bytes at the most, ${use.total} now. What it took besides has been given back to the system.`,
    );
  if (use.entries > use.dataset * 1.4 && use.entries - use.dataset > WORTH_A_LOOK_BYTES)
    findings.push(
      `${use.entries - use.dataset} bytes lie between entries, because others were deleted or overwritten. They are put together in the background while there are writes.`,
    );
  if (use.process.resident > use.process.active * 1.4)
    findings.push(
      `The system counts ${use.process.resident} bytes for the process, and only ${use.process.active} are taken by it: libraries, code, and what the allocator has not given back.`,
    );
  if (use.clientCount > 0 && use.clients / use.clientCount > CLIENT_BYTES)
    findings.push(
      `Clients hold ${Math.round(use.clients / use.clientCount)} bytes each: requests that are not complete, or replies and messages that they do not read. CLIENT LIST shows who they are.`,
    );
  if (findings.length === 0) return 'Nothing to complain of: memory is used for the entries.\n';
  return `${findings.map((finding) => `- ${finding}`).join('\n')}\n`;
}
