import { rmSync } from 'node:fs';
import type { LoadProgress, SnapshotEntry } from '@kv/persistence';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { ByteEngine } from './byte-engine.ts';
import { KeptSnapshots, loadSnapshot, noSnapshots, openKeeper, saveProgress } from './snapshots.ts';
import { systemTimers } from './system-timers.ts';

const root = temporaryDirectory();

function entry(i: number): SnapshotEntry {
  const key = new TextEncoder().encode(`key ${i}`);
  return {
    database: 0,
    key,
    value: new Uint8Array(100),
    type: 0,
    encoding: 0,
    deadline: undefined,
  };
}

function parts() {
  const engine = new ByteEngine({
    databases: 1,
    maxBytes: 0,
    evictionPolicy: 'noeviction',
    changed: () => {},
    random: Math.random,
  });
  const messages: string[] = [];
  const tell = (_fields: object, message: string) => void messages.push(message);
  const log = { debug: tell, info: tell, warn: tell, error: tell };
  const clock = { time: 61_000, now: () => clock.time };
  return { engine, messages, log, clock };
}

async function opened({ engine, log, clock }: ReturnType<typeof parts>) {
  const exclusively = <T>(work: () => Promise<T>) => work();
  const options = { directory: root, fileName: 'a.kv', savePoints: [], exclusively, log };
  const environment = { clock, timers: systemTimers };
  return openKeeper(engine, { ...options, environment, onSaveEnd: undefined });
}

describe('snapshots that are kept', () => {
  it('show the server how saving goes', async () => {
    const all = parts();
    for (let i = 0; i < 20_000; i++) all.engine.restore(entry(i));
    const keeper = await opened(all);
    const snapshots = new KeptSnapshots(keeper, () => true);
    keeper.changed(3);
    expect(snapshots).toMatchObject({ saving: false, changes: 3, lastSaveAt: 61, savedEntries: 0 });
    expect(saveProgress(keeper)).toBeUndefined();
    const saving = snapshots.save();
    expect(snapshots.saving).toBe(true);
    expect(saveProgress(keeper)).toMatchObject({ entries: 0 });
    all.clock.time += 5000;
    await saving;
    expect(snapshots).toMatchObject({
      saving: false,
      changes: 0,
      lastSaveAt: 66,
      lastSaveOk: true,
    });
    expect(snapshots.lastSaveDurationMs).toBeGreaterThan(0);
    expect(all.messages).toStrictEqual(['saving', 'saved']);

    const loading = parts();
    const shown: LoadProgress[] = [];
    const { signal } = new AbortController();
    const show = (progress: LoadProgress) => void shown.push(progress);
    expect(await loadSnapshot(keeper, loading.engine, signal, loading.log, show)).toBe(true);
    expect(loading.engine.at(0).size).toBe(20_000);
    // The end of the file, its footer, comes after the last block.
    const { entries, bytes, bytesTotal } = shown.at(-1) as LoadProgress;
    expect(entries).toBe(20_000);
    expect(bytes / bytesTotal).toBeGreaterThan(0.99);
  });

  it('stop loading when they are told to', async () => {
    const all = parts();
    const keeper = await opened(all);
    const controller = new AbortController();
    const stop = () => controller.abort();
    const whole = await loadSnapshot(keeper, all.engine, controller.signal, all.log, stop);
    expect(whole).toBe(false);
    expect(all.engine.at(0).size).toBeLessThan(20_000);
  });

  it('begin empty where there is none', async () => {
    const all = parts();
    const keeper = await opened(all);
    rmSync(keeper.path, { force: true });
    const { signal } = new AbortController();
    expect(await loadSnapshot(keeper, all.engine, signal, all.log, () => {})).toBe(true);
    expect(all.messages).toStrictEqual(['no snapshot yet: starting empty']);
  });
});

describe('snapshots that are not kept', () => {
  it('count changes, and refuse to save', async () => {
    const snapshots = noSnapshots(61_999);
    snapshots.changed();
    snapshots.flushed();
    expect(snapshots).toMatchObject({
      saving: false,
      changes: 2,
      lastSaveAt: 61,
      lastSaveOk: true,
    });
    await expect(snapshots.save()).rejects.toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED' });
  });
});
