import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryFile } from '../test/memory-file.ts';
import { bytes, entry, SampleSink, SampleSource } from '../test/sample-entries.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import {
  BLOCK_PAYLOAD_BYTES_MAX,
  DATABASE_MAX,
  DEADLINE_MAX,
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';
import { readSnapshot } from './read-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

const page = await readFile(new URL('../SNAPSHOT.md', import.meta.url), 'utf8');
const [, hex = ''] = /```hex\n([^`]*)```/.exec(page) ?? [];
const example = Buffer.from(hex.replace(/#.*$/gm, '').replace(/\s+/g, ''), 'hex');

const entries = [
  entry({ key: bytes('name'), value: bytes('Alice') }),
  entry({
    database: 3,
    key: Uint8Array.of(0xff, 0),
    value: new Uint8Array(0),
    type: 1,
    encoding: 2,
    deadline: 1_893_456_000_000,
  }),
];

test('the example in SNAPSHOT.md loads as the page says', async () => {
  const sink = new SampleSink();
  const loaded = await readSnapshot('/example', sink, { fs: memoryFile(example), now: 0 });
  expect(loaded).toMatchObject({ entries: 2, createdAt: 1_700_000_000_000, bytes: example.length });
  expect(sink.entries).toEqual(entries);
});

test('the example in SNAPSHOT.md is what the writer writes', async () => {
  const path = join(await temporaryDirectory(), 'snapshot.kv');
  await writeSnapshot(path, new SampleSource(entries), {
    clock: { now: () => 1_700_000_000_000 },
    randomBytes: (count) => Uint8Array.from({ length: count }, (_, i) => i + 1),
  });
  expect((await readFile(path)).toString('hex')).toBe(example.toString('hex'));
});

test('the limits in SNAPSHOT.md are those of the code', () => {
  const listed = Object.fromEntries(
    [...page.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(([, name, value]) => [name, value]),
  );
  const inCode = {
    KEY_BYTES_MAX: [KEY_BYTES_MAX, 2 ** 29 - 1, '2^29 - 1'],
    VALUE_BYTES_MAX: [VALUE_BYTES_MAX, 2 ** 30, '2^30'],
    DATABASE_MAX: [DATABASE_MAX, 65_535, '65535'],
    DEADLINE_MAX: [DEADLINE_MAX, 2 ** 53 - 1, '2^53 - 1'],
    BLOCK_PAYLOAD_BYTES_MAX: [BLOCK_PAYLOAD_BYTES_MAX, 1024 * 1024, '1 MiB'],
  };
  for (const [name, [value, expected, text]] of Object.entries(inCode)) {
    expect(value, name).toBe(expected);
    expect(listed[name], name).toBe(text);
  }
  expect(Object.keys(listed)).toEqual(Object.keys(inCode));
});
