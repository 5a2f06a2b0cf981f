import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { ManualTime } from '../test/manual-time.ts';
import { MapStore } from '../test/map-store.ts';
import { entry, SampleSource } from '../test/sample-entries.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { openSnapshots } from './open-snapshots.ts';
import { writeSnapshot } from './write-snapshot.ts';

const codec = { encode: serialize, decode: deserialize };

test('a store is there again after a restart, with types and deadlines', async () => {
  const directory = join(await temporaryDirectory(), 'data');
  const clock = { now: () => 1000 };
  const values = {
    date: new Date(5),
    map: new Map([['ä', 1n]]),
    bytes: Uint8Array.of(1, 2, 3),
    floats: Float64Array.of(0.5, -0),
    ['__proto__']: { nested: ['日本', null, undefined] },
  };
  const before = new MapStore<unknown>();
  {
    await using snapshots = await openSnapshots({ directory, store: before, codec, clock });
    expect(snapshots.loaded).toBeUndefined();
    for (const [key, value] of Object.entries(values)) before.set(key, value);
    before.set('\ufeffkey', 'a byte order mark is a part of a key', { deadline: 1001 });
    before.set('gone', 'expired', { deadline: 1000 });
  }
  const after = new MapStore<unknown>();
  await using snapshots = await openSnapshots({ directory, store: after, codec, clock });
  expect(snapshots.loaded).toMatchObject({ entries: 6, expired: 1 });
  for (const [key, value] of Object.entries(values)) expect(after.get(key)).toEqual(value);
  expect(after.deadline('\ufeffkey')).toBe(1001);
  expect(after.get('gone')).toBeUndefined();
});

test('decoded values own their bytes, whatever is loaded after them', async () => {
  const directory = await temporaryDirectory();
  const store = new MapStore<Uint8Array>();
  for (let i = 0; i < 3000; i += 1) store.set(`key:${i}`, new Uint8Array(300).fill(i));
  await (await openSnapshots({ directory, store, codec })).close();
  const after = new MapStore<Uint8Array>();
  const asIs = { encode: (value: Uint8Array) => value, decode: (value: Uint8Array) => value };
  await using _ = await openSnapshots({ directory, store: after, codec: asIs });
  const loaded = [...after.entries()].map(([, value]) => deserialize(value));
  expect(loaded).toEqual([...store.entries()].map(([, value]) => value));
});

test('a save shows values as they were at the call, though the application mutates them', async () => {
  const directory = await temporaryDirectory();
  const store = new MapStore<{ name: string }>();
  const value = { name: 'before' };
  store.set('key', value);
  const snapshots = await openSnapshots({ directory, store, codec });
  const saving = snapshots.save();
  value.name = 'after';
  store.clear();
  expect(await saving).toMatchObject({ entries: 1 });
  const after = new MapStore<{ name: string }>();
  await openSnapshots({ directory, store: after, codec });
  expect(after.get('key')).toEqual({ name: 'before' });
});

test('save points count what the application says has changed, and a clear is not undone', async () => {
  const time = new ManualTime();
  const directory = await temporaryDirectory();
  const store = new MapStore<number>();
  store.set('key', 1);
  let finished = () => {};
  const saved = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const snapshots = await openSnapshots({
    directory,
    store,
    codec,
    savePoints: '60 2',
    monotonic: time.monotonic,
    timers: time.timers,
    onEvent: (event) => {
      if (event.kind === 'save-finished') finished();
    },
  });
  const saving = snapshots.save();
  store.clear();
  snapshots.invalidate();
  await expect(saving).rejects.toMatchObject({ code: 'SAVE_ABORTED' });
  snapshots.changed();
  expect(snapshots.keeper.dirty).toBe(2);
  time.advance(0);
  await saved;
  await snapshots.close();
  const after = new MapStore<number>();
  const { loaded } = await openSnapshots({ directory, store: after, codec });
  expect(loaded).toMatchObject({ entries: 0 });
});

describe('what goes wrong has a code', () => {
  test('a damaged snapshot leaves the store as it was', async () => {
    const directory = await temporaryDirectory();
    const store = new MapStore<Uint8Array>();
    for (let i = 0; i < 3000; i += 1) store.set(`key:${i}`, new Uint8Array(300));
    await (await openSnapshots({ directory, store, codec })).close();
    const path = join(directory, 'snapshot.kv');
    const content = await readFile(path);
    content[content.length - 100] = 1 ^ (content[content.length - 100] as number);
    await writeFile(path, content);
    const after = new MapStore<Uint8Array>();
    const opening = openSnapshots({ directory, store: after, codec });
    await expect(opening).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' });
    expect([...after.entries()]).toEqual([]);
  });

  test('a snapshot that something else wrote is not taken for values', async () => {
    const directory = await temporaryDirectory();
    await writeSnapshot(join(directory, 'snapshot.kv'), new SampleSource([entry()]));
    const opening = openSnapshots({ directory, store: new MapStore(), codec });
    await expect(opening).rejects.toMatchObject({ code: 'SNAPSHOT_FOREIGN' });
  });

  test('a value that cannot be encoded fails the save, and one that cannot be decoded the load', async () => {
    const directory = await temporaryDirectory();
    const store = new MapStore<unknown>();
    const snapshots = await openSnapshots({ directory, store, codec });
    store.set('key', () => 'functions cannot be serialized');
    await expect(snapshots.close()).rejects.toMatchObject({ code: 'SNAPSHOT_WRITE_FAILED' });
    store.set('key', 1);
    await snapshots.close();
    const cause = new Error('unknown format');
    const decode = () => {
      throw cause;
    };
    const opening = openSnapshots({ directory, store, codec: { ...codec, decode } });
    await expect(opening).rejects.toMatchObject({ code: 'RESTORE_FAILED', cause });
  });

  test('a key with a lone surrogate is refused rather than changed', async () => {
    const store = new MapStore<number>();
    const snapshots = await openSnapshots({ directory: await temporaryDirectory(), store, codec });
    store.set('😀', 1);
    await snapshots.save();
    store.set('\ud800', 1);
    await expect(snapshots.save()).rejects.toMatchObject({ code: 'KEY_NOT_ENCODABLE' });
  });

  test('save points that are none', async () => {
    const directory = await temporaryDirectory();
    const options = { directory, store: new MapStore(), codec, savePoints: 'often' };
    await expect(openSnapshots(options)).rejects.toMatchObject({ code: 'SAVE_POINTS_INVALID' });
  });
});
