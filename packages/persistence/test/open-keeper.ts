import type { SnapshotKeeperOptions } from '../src/keeper-options.ts';
import { nodeFileSystem } from '../src/node-file-system.ts';
import { parseSavePoints } from '../src/save-points.ts';
import type { SnapshotEvent } from '../src/snapshot-events.ts';
import { SnapshotKeeper } from '../src/snapshot-keeper.ts';
import { ManualTime } from './manual-time.ts';
import { manyEntries, SampleSink, SampleSource } from './sample-entries.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A keeper in a directory of its own, with time that stands still until it is moved. */
export async function openKeeper(given: Partial<SnapshotKeeperOptions> & { save?: string } = {}) {
  const time = new ManualTime();
  const source = new SampleSource(manyEntries(100));
  const events: SnapshotEvent[] = [];
  const listeners = new Set<() => void>();
  const { save = '', ...options } = given;
  const keeper = await SnapshotKeeper.open({
    directory: await temporaryDirectory(),
    fileName: 'snapshot.kv',
    source,
    savePoints: parseSavePoints(save),
    clock: time.clock,
    monotonic: time.monotonic,
    timers: time.timers,
    onEvent: (event) => {
      events.push(event);
      for (const listener of listeners) listener();
    },
    ...options,
  });
  /** Resolves when so many events of this kind have been told. */
  const told = (kind: SnapshotEvent['kind'], count = 1) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (events.filter((event) => event.kind === kind).length < count) return;
        listeners.delete(look);
        // The keeper tells before it has tidied up; let it.
        setImmediate(resolve);
      };
      listeners.add(look);
      look();
    });
  const kinds = () => events.map((event) => event.kind);
  return { keeper, time, source, events, kinds, told };
}

/** A file system whose renames wait until they are let go. */
export function gatedRename() {
  let arrived = () => {};
  let letGo = () => {};
  const atRename = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const fs = {
    ...nodeFileSystem,
    rename: async (from: string, to: string) => {
      arrived();
      await gate;
      await nodeFileSystem.rename(from, to);
    },
  };
  return { fs, atRename, letGo: () => letGo() };
}

export async function keysIn(keeper: SnapshotKeeper): Promise<number | undefined> {
  return (await keeper.load(new SampleSink()))?.entries;
}
