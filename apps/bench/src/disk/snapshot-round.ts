// One server with many keys: how it serves while nothing else happens, how it serves while it saves, and how
// long a new process takes to load what was saved.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { progress } from '../engine/progress.ts';
import { residentBytes } from '../engine/resident.ts';
import { load, PipelinedConnection, RequestTemplate } from '../pipelined-connection.ts';
import { type RunningServer, stop } from '../running-server.ts';

/** A program that is started in a directory, and what it says of its loading. */
export interface SavingServer {
  start(directory: string): ChildProcess;
  /** Where a line of its output says that it listens. */
  readonly ready: RegExp;
  /** Milliseconds that it has taken to load, out of a line of its output. */
  loadMs(line: string): number | undefined;
  readonly server: Omit<RunningServer, 'pid' | 'port' | typeof Symbol.asyncDispose>;
  port(readyLine: string): number;
  /** Memory besides its own that a save takes, in bytes. */
  extraBytes(connection: PipelinedConnection): Promise<number>;
}

/** What was seen of one server. */
export interface SnapshotFigures {
  readonly name: string;
  readonly idlePerSecond: number;
  readonly idleLongestMs: number;
  readonly savingPerSecond: number;
  readonly savingLongestMs: number;
  readonly saveMs: number;
  readonly residentBytes: number;
  readonly extraBytes: number;
  readonly loadMs: number;
}

const VALUE_BYTES = 64;
const BATCH = 64;
const POLL_MS = 25;

export async function measureSnapshots(
  of: SavingServer,
  keyCount: number,
  idleMs: number,
): Promise<SnapshotFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'kv-bench-save-'));
  try {
    const { saved, ...figures } = await whileSaving(of, directory, keyCount, idleMs);
    if (saved !== keyCount) throw new Error(`${of.server.name} has ${saved} of ${keyCount} keys`);
    const again = await running(of, directory);
    await stop(again.child);
    if (again.loadMs === undefined) throw new Error(`${of.server.name} did not say how it loaded`);
    return { name: of.server.name, ...figures, loadMs: again.loadMs };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function whileSaving(of: SavingServer, directory: string, keyCount: number, idleMs: number) {
  const { child, server } = await running(of, directory);
  try {
    using connection = await PipelinedConnection.open(server);
    using control = await PipelinedConnection.open(server);
    const set = new RequestTemplate(server.dialect, 'SET', Buffer.alloc(VALUE_BYTES, 'v'));
    const get = new RequestTemplate(server.dialect, 'GET');
    await load(connection, {
      count: keyCount,
      template: () => set,
      key: (i) => i,
      onProgress: progress(`loading ${server.name}`, keyCount),
    });
    const mixed = { connection, set, get, keyCount };
    const startedAt = performance.now();
    const idle = await keepBusy(mixed, () => performance.now() - startedAt > idleMs);
    const before = residentBytes(server.pid);
    let [isSaving, peak] = [true, before];
    const began = performance.now();
    await control.request('BGSAVE');
    const saving = keepBusy(mixed, () => !isSaving);
    while ((await control.infoNumber('rdb_bgsave_in_progress')) !== 0) {
      peak = Math.max(peak, residentBytes(server.pid));
      await sleep(POLL_MS);
    }
    const saveMs = performance.now() - began;
    isSaving = false;
    const busy = await saving;
    return {
      idlePerSecond: idle.perSecond,
      idleLongestMs: idle.longestMs,
      savingPerSecond: busy.perSecond,
      savingLongestMs: busy.longestMs,
      saveMs,
      residentBytes: before,
      extraBytes: Math.max(peak - before, await of.extraBytes(control)),
      saved: await control.keyCount(),
    };
  } finally {
    await stop(child);
  }
}

interface Mixed {
  readonly connection: PipelinedConnection;
  readonly set: RequestTemplate;
  readonly get: RequestTemplate;
  readonly keyCount: number;
}

/** Half reads, half writes of random keys, two batches in flight, until `isOver`. */
async function keepBusy({ connection, set, get, keyCount }: Mixed, isOver: () => boolean) {
  let [requests, longestMs] = [0, 0];
  const startedAt = performance.now();
  const send = async () => {
    const bytes = Buffer.alloc(BATCH * (set.bytes.length + get.bytes.length));
    while (!isOver()) {
      let at = 0;
      for (let i = 0; i < BATCH; i++) {
        const template = i % 2 === 0 ? set : get;
        at = template.writeTo(bytes, at, Math.floor(Math.random() * keyCount));
      }
      const sentAt = performance.now();
      await connection.send(bytes.subarray(0, at), BATCH);
      longestMs = Math.max(longestMs, performance.now() - sentAt);
      requests += BATCH;
    }
  };
  await Promise.all([send(), send()]);
  return { perSecond: (requests / (performance.now() - startedAt)) * 1000, longestMs };
}

/** Starts the program, and reads what it says until it listens and has loaded. */
async function running(of: SavingServer, directory: string) {
  const child = of.start(directory);
  let loadMs: number | undefined;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    loadMs ??= of.loadMs(line);
    if (!of.ready.test(line)) continue;
    child.stdout?.resume();
    const server: RunningServer = {
      ...of.server,
      pid: child.pid as number,
      port: of.port(line),
      [Symbol.asyncDispose]: () => stop(child),
    };
    return { child, server, loadMs };
  }
  await once(child, 'close');
  throw new Error(`${of.server.name} stopped before it was ready`);
}

/** A process whose output is read. */
export function spawnServer(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}
