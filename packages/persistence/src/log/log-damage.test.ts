/** Every damage that LOG.md tells from a crash, and every crash that it tells from damage. */
import { beforeAll, describe, expect, test } from 'vitest';
import { foundOn, LOG_DIRECTORY, openLog } from '../../test/open-log.ts';
import { type SampleLog, sampleLog } from '../../test/sample-log.ts';
import { ROOM_BYTE, SEGMENT_HEADER_BYTES } from './log-layout.ts';

/** 57 is the long form, of some 10 KB: see docs/DURABILITY.md. */
const CHANGES = Number(process.env.KV_DAMAGE_CHANGES ?? 12);
const LAST = `${LOG_DIRECTORY}/segment-3.kvlog`;
const ENDED = `${LOG_DIRECTORY}/segment-2.kvlog`;
const MANIFEST = `${LOG_DIRECTORY}/manifest`;

let sample: SampleLog;
beforeAll(async () => {
  sample = await sampleLog(CHANGES);
});

/** What a start finds with other bytes in a file: how many changes of the log, or the error. */
async function withBytes(path: string, content: Uint8Array) {
  const { disk, states } = sample;
  const original = disk.content(path) as Uint8Array;
  disk.overwrite(path, content);
  try {
    const { store, loaded } = await foundOn(disk);
    const changes = states.lastIndexOf(store.dump);
    expect(changes, 'a state that never was').toBeGreaterThanOrEqual(0);
    return { changes, torn: loaded?.tail.tornBytes };
  } catch (error) {
    return error as { code: string; path: string; byteOffset: number };
  } finally {
    disk.overwrite(path, original);
  }
}

test('the sample is some KB of manifest, base and two segments, and whole', async () => {
  const { disk, states } = sample;
  expect(disk.paths().map((path) => path.slice(LOG_DIRECTORY.length + 1))).toEqual([
    'base-2.kv',
    'manifest',
    'segment-2.kvlog',
    'segment-3.kvlog',
  ]);
  const { store, loaded } = await foundOn(disk);
  expect(store.dump).toBe(states.at(-1));
  expect(loaded).toMatchObject({
    segments: 2,
    effects: expect.any(Number),
    tail: { tornBytes: 0 },
  });
});

test('any one flipped bit is damage, or, in what no later record calls synced, a prefix that is told', {
  timeout: 120_000,
}, async () => {
  let prefixes = 0;
  for (const path of sample.disk.paths()) {
    const content = sample.disk.content(path) as Uint8Array;
    for (let bit = 0; bit < content.length * 8; bit += 1) {
      const at = bit >> 3;
      const found = await withBytes(
        path,
        content.with(at, (content[at] as number) ^ (1 << (bit & 7))),
      );
      if ('code' in found) {
        expect(found.code, `${path} bit ${bit}`).toBe('LOG_DAMAGED');
        expect(found.path).toBe(path);
        continue;
      }
      prefixes += 1;
      expect(path).toBe(LAST);
      expect(found.torn).toBeGreaterThan(0);
    }
  }
  // The mark, and nothing else: the last record of effects is called synced by the mark.
  expect(prefixes).toBe(32 * 8);
});

describe('the last segment', () => {
  test('cut short at any byte is an exact prefix, and it is told how much was cut off', async () => {
    const content = sample.disk.content(LAST) as Uint8Array;
    let before = -1;
    for (let length = 0; length < content.length; length += 1) {
      const found = await withBytes(LAST, content.slice(0, length));
      if (length < SEGMENT_HEADER_BYTES) {
        expect(found).toMatchObject({ code: 'LOG_DAMAGED', path: LAST, byteOffset: 0 });
        continue;
      }
      if ('code' in found) throw found;
      expect(found.changes).toBeGreaterThanOrEqual(before);
      expect(found.torn).toBeLessThan(120);
      before = found.changes;
    }
    expect(before).toBe(sample.states.length - 1);
  });

  test('with zeros in place of its end, or behind it, is a prefix', async () => {
    const content = sample.disk.content(LAST) as Uint8Array;
    for (let from = SEGMENT_HEADER_BYTES; from < content.length; from += 3) {
      const found = await withBytes(LAST, content.slice().fill(0, from));
      if ('code' in found) throw found;
      expect(found.torn).toBeGreaterThan(0);
    }
    const more = await withBytes(LAST, Buffer.concat([content, new Uint8Array(4096)]));
    expect(more).toEqual({ changes: sample.states.length - 1, torn: 4096 });
  });

  test('with a piece of it twice is a prefix where it follows the end, and else damage', async () => {
    const content = sample.disk.content(LAST) as Uint8Array;
    const half = SEGMENT_HEADER_BYTES + 200;
    const twice = await withBytes(LAST, Buffer.concat([content, content.subarray(half)]));
    expect(twice).toEqual({ changes: sample.states.length - 1, torn: content.length - half });
    const over = content.slice();
    over.set(content.subarray(SEGMENT_HEADER_BYTES, half), half);
    expect(await withBytes(LAST, over)).toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test('whose records are those of another time is damage, or they are not taken', async () => {
    const other = await sampleLog(CHANGES);
    const content = sample.disk.content(LAST) as Uint8Array;
    const stale = other.disk.content(LAST) as Uint8Array;
    expect(await withBytes(LAST, stale)).toMatchObject({ code: 'LOG_DAMAGED', byteOffset: 0 });
    const mixed = content.slice();
    mixed.set(stale.subarray(SEGMENT_HEADER_BYTES + 300), SEGMENT_HEADER_BYTES + 300);
    const found = await withBytes(LAST, mixed);
    expect(found).toMatchObject({ torn: expect.any(Number) });
  });
});

describe('a segment that another follows', () => {
  test('cut short at any byte is damage', async () => {
    const content = sample.disk.content(ENDED) as Uint8Array;
    for (let length = 0; length < content.length; length += 1)
      expect(await withBytes(ENDED, content.slice(0, length))).toMatchObject({
        code: 'LOG_DAMAGED',
        path: ENDED,
      });
  });

  test('with something behind its end is damage', async () => {
    const content = sample.disk.content(ENDED) as Uint8Array;
    const found = await withBytes(ENDED, Buffer.concat([content, new Uint8Array(1)]));
    expect(found).toMatchObject({ code: 'LOG_DAMAGED', byteOffset: content.length });
  });

  test('with room behind its end is whole: a crash came before that was cut off', async () => {
    const content = sample.disk.content(ENDED) as Uint8Array;
    const room = new Uint8Array(500).fill(ROOM_BYTE);
    const found = await withBytes(ENDED, Buffer.concat([content, room]));
    expect(found).toEqual({ changes: sample.states.length - 1, torn: 0 });
  });
});

describe('a directory', () => {
  test('without a file that the manifest names is damage', async () => {
    for (const name of ['base-2.kv', 'segment-2.kvlog', 'segment-3.kvlog']) {
      const { disk } = await sampleLog(3);
      await disk.removeFile(`${LOG_DIRECTORY}/${name}`);
      await expect(foundOn(disk)).rejects.toMatchObject({
        code: 'LOG_DAMAGED',
        path: `${LOG_DIRECTORY}/${name}`,
      });
    }
  });

  test('with records and no manifest is damage, and nothing in it is touched', async () => {
    const { disk } = await sampleLog(3);
    await disk.removeFile(MANIFEST);
    const before = disk.paths();
    await expect(foundOn(disk)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(disk.paths()).toEqual(before);
  });

  test('with a manifest cut short at any byte is damage', async () => {
    const content = sample.disk.content(MANIFEST) as Uint8Array;
    for (let length = 0; length < content.length; length += 1)
      expect(await withBytes(MANIFEST, content.slice(0, length))).toMatchObject({
        code: 'LOG_DAMAGED',
        path: MANIFEST,
      });
  });
});

test('a torn tail is cut off when the log is begun, and what follows is kept', async () => {
  const { disk, states } = await sampleLog(CHANGES);
  const content = disk.content(LAST) as Uint8Array;
  disk.overwrite(LAST, content.slice(0, content.length - 50));
  const { log, store, events } = await openLog({ fs: disk });
  expect(events).toEqual([
    { kind: 'tail-cut', path: LAST, byteOffset: expect.any(Number), bytes: expect.any(Number) },
  ]);
  expect(states).toContain(store.dump);
  store.set('after', 'the crash');
  await log.close();
  expect((await foundOn(disk)).store.dump).toBe(store.dump);
});
