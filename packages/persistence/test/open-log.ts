import type { FileSystem } from '../src/file-system.ts';
import { AppendLog } from '../src/log/append-log.ts';
import type { LogEvent } from '../src/log/log-events.ts';
import type { AppendLogOptions } from '../src/log/log-options.ts';
import type { LogLoadResult } from '../src/log/read-log.ts';
import { LoggedStore } from './logged-store.ts';
import { ManualTime } from './manual-time.ts';
import { SimulatedDisk } from './simulated-disk.ts';

export const LOG_DIRECTORY = '/data/log';

/** A store with its log, as after a start, on a disk in memory, with time that stands still. */
export async function openLog({
  store = new LoggedStore(),
  fs = new SimulatedDisk(),
  ...given
}: Partial<AppendLogOptions> & { readonly store?: LoggedStore } = {}) {
  const time = new ManualTime();
  const events: LogEvent[] = [];
  const log = await AppendLog.open({
    directory: LOG_DIRECTORY,
    source: store,
    clock: time.clock,
    monotonic: time.monotonic,
    timers: time.timers,
    onEvent: (event) => events.push(event),
    ...given,
    fs,
  });
  const loaded = await log.load(store);
  store.log = log;
  await log.begin();
  const kinds = () => events.map(({ kind }) => kind);
  return { log, store, time, events, kinds, loaded, fs };
}

/** What a start would find, without changing anything. */
export async function foundOn(fs: FileSystem): Promise<{
  readonly store: LoggedStore;
  readonly loaded: LogLoadResult | undefined;
}> {
  const store = new LoggedStore();
  const log = await AppendLog.open({ directory: LOG_DIRECTORY, source: store, fs });
  return { store, loaded: await log.load(store) };
}

/** A turn of the event loop, and all that follows from it on a disk that answers at once. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
