/** What can be saved of a damaged snapshot or log, once somebody asks for it. */
import { expect, test } from 'vitest';
import { LoggedStore } from '../test/logged-store.ts';
import { memoryFile } from '../test/memory-file.ts';
import { LOG_DIRECTORY } from '../test/open-log.ts';
import { manyEntries, SampleSink, SampleSource } from '../test/sample-entries.ts';
import { sampleLog } from '../test/sample-log.ts';
import { SimulatedDisk } from '../test/simulated-disk.ts';
import type { SnapshotDamagedError } from './errors.ts';
import { FRAME_BYTES, HEADER_BYTES } from './layout.ts';
import type { LogDamagedError } from './log/log-errors.ts';
import { readLog } from './log/read-log.ts';
import { readSnapshot } from './read-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

const PATH = '/data/snapshot.kv';
/** Blocks of about 256 KiB, so that there are three. */
const entries = manyEntries(600, 1024);

async function snapshot(): Promise<Uint8Array> {
  const fs = new SimulatedDisk();
  await writeSnapshot(PATH, new SampleSource(entries), { fs });
  return fs.content(PATH) as Uint8Array;
}

async function salvage(content: Uint8Array) {
  const sink = new SampleSink();
  const damages: SnapshotDamagedError[] = [];
  const onDamage = (damage: SnapshotDamagedError) => damages.push(damage);
  await readSnapshot(PATH, sink, { fs: memoryFile(content), onDamage });
  const keys = new Set(sink.entries.map(({ key }) => new TextDecoder().decode(key)));
  for (const { key, value } of sink.entries) {
    const original = entries[Number(new TextDecoder().decode(key).slice(4))];
    expect(value).toEqual(original?.value);
  }
  expect(keys.size).toBe(sink.entries.length);
  return { saved: keys.size, damages };
}

test('a damaged block of a snapshot is lost, and no other', async () => {
  const content = await snapshot();
  const first = new DataView(content.buffer).getUint32(HEADER_BYTES + 12, true);
  content.fill(7, HEADER_BYTES + FRAME_BYTES + 100, HEADER_BYTES + FRAME_BYTES + 200);
  const { saved, damages } = await salvage(content);
  expect(saved).toBe(entries.length - first);
  expect(damages).toMatchObject([{ blockIndex: 0, byteOffset: HEADER_BYTES }]);
});

test('a damaged frame loses its block, and the next one is found behind it', async () => {
  const content = await snapshot();
  content.fill(0, HEADER_BYTES, HEADER_BYTES + FRAME_BYTES);
  const { saved, damages } = await salvage(content);
  expect(saved).toBeGreaterThan(entries.length / 3);
  expect(saved).toBeLessThan(entries.length);
  expect(damages).toHaveLength(1);
});

test('of a snapshot that is cut short all whole blocks are saved', async () => {
  const content = await snapshot();
  const { saved, damages } = await salvage(content.slice(0, content.length - 100));
  expect(saved).toBeGreaterThan(entries.length / 3);
  expect(damages).toHaveLength(1);
});

test('a sound snapshot has no damage, and a damaged header leaves nothing to go by', async () => {
  const content = await snapshot();
  expect(await salvage(content)).toEqual({ saved: entries.length, damages: [] });
  content[20] = (content[20] as number) ^ 1;
  await expect(salvage(content)).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
});

test('a damaged segment leaves a state that was there once, the last one before the damage', async () => {
  const { disk, states } = await sampleLog(12);
  const path = `${LOG_DIRECTORY}/segment-2.kvlog`;
  const content = (disk.content(path) as Uint8Array).slice();
  const at = Math.floor(content.length / 2);
  content[at] = (content[at] as number) ^ 1;
  disk.overwrite(path, content);
  const store = new LoggedStore();
  const damages: LogDamagedError[] = [];
  const onDamage = (damage: LogDamagedError) => damages.push(damage);
  const loaded = await readLog(LOG_DIRECTORY, store, { fs: disk, onDamage });
  expect(damages).toMatchObject([{ code: 'LOG_DAMAGED', path }]);
  const changes = states.lastIndexOf(store.dump);
  expect(changes).toBeGreaterThan(0);
  expect(changes).toBeLessThan(12);
  expect(loaded?.tail).toMatchObject({ path, offset: damages[0]?.byteOffset });
});

test('a damaged base loses its block, and the effects behind it are replayed', async () => {
  const { disk, states } = await sampleLog(12);
  const path = `${LOG_DIRECTORY}/base-2.kv`;
  const content = (disk.content(path) as Uint8Array).slice();
  content[HEADER_BYTES + FRAME_BYTES] = 99;
  disk.overwrite(path, content);
  const store = new LoggedStore();
  const damages: LogDamagedError[] = [];
  const onDamage = (damage: LogDamagedError) => damages.push(damage);
  await readLog(LOG_DIRECTORY, store, { fs: disk, onDamage });
  expect(damages).toMatchObject([{ code: 'LOG_DAMAGED', path, byteOffset: HEADER_BYTES }]);
  const last = new Set((states.at(-1) as string).split('\n'));
  const saved = store.dump.split('\n');
  expect(saved.length).toBeGreaterThan(0);
  for (const line of saved) expect(last).toContain(line);
});
