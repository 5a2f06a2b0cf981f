import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { memoryFile } from '../../test/memory-file.ts';
import { bytes } from '../../test/sample-entries.ts';
import { SimulatedDisk } from '../../test/simulated-disk.ts';
import { EffectBuffer } from './effect-buffer.ts';
import { createSegment } from './log-directory.ts';
import { LOG_RECORD_BYTES, RECORD_EFFECTS, RECORD_MARK } from './log-layout.ts';
import {
  LOG_RECORD_BYTES_MAX,
  LOG_RECORD_SPLIT_BYTES,
  LOG_SEGMENT_NUMBER_MAX,
} from './log-limits.ts';
import { formatManifest, NO_LOG, parseManifest } from './manifest.ts';
import { SegmentReader } from './segment-reader.ts';

const page = await readFile(new URL('../../LOG.md', import.meta.url), 'utf8');
const [, hex = ''] = /```hex\n([^`]*)```/.exec(page) ?? [];
const example = Buffer.from(hex.replace(/#.*$/gm, '').replace(/\s+/g, ''), 'hex');
const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test('the example in LOG.md is what the writer writes', async () => {
  const disk = new SimulatedDisk();
  const { segment } = await createSegment({ fs: disk, randomBytes: () => ID }, '/log', 3);
  const effects = new EffectBuffer(() => {});
  const at = effects.put(0, 0, 0, 0, 4, 5);
  effects.bytes.set(bytes('nameAlice'), at);
  effects.bytes.set([0xff, 0], effects.deadline(3, 1_893_456_000_000, 2));
  await segment.append(effects.take()?.record as Uint8Array, RECORD_EFFECTS);
  await segment.sync();
  effects.bytes.set(bytes('name'), effects.remove(0, 4));
  effects.flush(3);
  await segment.append(effects.take()?.record as Uint8Array, RECORD_EFFECTS);
  await segment.sync();
  await segment.append(new Uint8Array(LOG_RECORD_BYTES), RECORD_MARK);
  const content = Buffer.from(disk.content('/log/segment-3.kvlog') as Uint8Array);
  expect(content.toString('hex')).toBe(example.toString('hex'));
});

test('the example in LOG.md is read as the page says', async () => {
  const reader = await SegmentReader.open(memoryFile(example), '/log/segment-3.kvlog');
  await reader.header({ number: 3, id: '0102030405060708' });
  const records = [];
  for (let record = await reader.next(); record; record = await reader.next())
    records.push([record.kind, record.offset, record.synced, record.payload.length]);
  expect(reader.fault).toBeUndefined();
  expect(reader.offset).toBe(example.length);
  expect(records).toEqual([
    [1, 40, 40, 51],
    [1, 123, 123, 36],
    [2, 191, 191, 0],
  ]);
});

test('the manifests in LOG.md are what is written and read', () => {
  const texts = [...page.matchAll(/```\n(kv-log [^`]*)```/g)].map(([, text = '']) => text);
  const manifest = {
    base: { number: 3, id: 'a1a2a3a4a5a6a7a8' },
    segments: [
      { number: 3, id: '0102030405060708' },
      { number: 4, id: '1112131415161718' },
    ],
  };
  expect(texts).toEqual([formatManifest(manifest), formatManifest(NO_LOG)]);
  expect(texts.map((text) => parseManifest(text, '/manifest'))).toEqual([manifest, NO_LOG]);
});

test('a manifest of a newer version is told from a damaged one', () => {
  const lines = 'kv-log 2\nsomething else\n';
  const checksum = crc32(lines).toString(16).padStart(8, '0');
  const codeOf = (text: string) => {
    try {
      return parseManifest(text, '/manifest');
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(codeOf(`${lines}crc32 ${checksum}\n`)).toBe('LOG_NEWER');
  expect(codeOf(`${lines}crc32 00000000\n`)).toBe('LOG_DAMAGED');
});

test('the limits in LOG.md are those of the code', () => {
  const listed = Object.fromEntries(
    [...page.matchAll(/^\| `(LOG_\w+)` +\| ([^|]+?) +\|/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
  const inCode = {
    LOG_RECORD_BYTES_MAX: [LOG_RECORD_BYTES_MAX, 2 ** 32 - 1, '2^32 - 1'],
    LOG_RECORD_SPLIT_BYTES: [LOG_RECORD_SPLIT_BYTES, 2 ** 30, '2^30'],
    LOG_SEGMENT_NUMBER_MAX: [LOG_SEGMENT_NUMBER_MAX, 2 ** 53 - 1, '2^53 - 1'],
  };
  for (const [name, [value, expected, text]] of Object.entries(inCode)) {
    expect(value, name).toBe(expected);
    expect(listed[name], name).toBe(text);
  }
  expect(Object.keys(listed)).toEqual(Object.keys(inCode));
});
