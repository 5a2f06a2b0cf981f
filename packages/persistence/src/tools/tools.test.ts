/** What is made of entries besides a store: sums, lines and differences. */
import { describe, expect, it } from 'vitest';
import { bytes, entry, SampleSink } from '../../test/sample-entries.ts';
import type { SnapshotEntry } from '../entry.ts';
import { diffEntries } from './diff-entries.ts';
import { entryLine, readEntryLines } from './entry-lines.ts';
import { SummarySink } from './summary.ts';

const NOW = 1_700_000_000_000;
const DAY = 86_400_000;

describe('a summary', () => {
  it('counts kinds, sizes, TTLs and the largest entries', () => {
    const summary = new SummarySink({ now: NOW, largest: 2 });
    for (let i = 0; i < 50; i += 1)
      summary.restore(entry({ key: bytes(`key:${i}`), value: new Uint8Array(i) }));
    summary.restore(entry({ database: 3, type: 1, encoding: 2, deadline: NOW + 60_000 }));
    summary.restore(entry({ deadline: NOW }));
    summary.restore(entry({ deadline: NOW + 400 * DAY }));
    const result = summary.result();
    expect(result).toMatchObject({ entries: 53, withoutDeadline: 50, expired: 1 });
    expect(result.kinds).toMatchObject([
      { database: 0, type: 0, encoding: 0, entries: 52 },
      { database: 3, type: 1, encoding: 2, entries: 1, keyBytes: 3, valueBytes: 5 },
    ]);
    expect(result.largest).toEqual([
      { database: 0, key: bytes('key:49'), bytes: 55 },
      { database: 0, key: bytes('key:48'), bytes: 54 },
    ]);
    expect(result.ttls[0]).toEqual({ upToMs: 60_000, entries: 1 });
    expect(result.ttls.at(-1)).toEqual({ upToMs: Number.POSITIVE_INFINITY, entries: 1 });
    expect([...result.sizes.values()].reduce((sum, count) => sum + count)).toBe(53);
    expect(result.sizes.get(64)).toBe(23);
  });
});

describe('lines', () => {
  const entries: readonly SnapshotEntry[] = [
    entry({ key: bytes('name'), value: bytes('Älice\n"') }),
    entry({ key: Uint8Array.of(255, 0), value: Uint8Array.of(0, 254), database: 65_535 }),
    entry({ key: bytes(''), value: bytes('\ufeff'), type: 255, encoding: 7, deadline: NOW }),
  ];
  const text = Buffer.from(`${entries.map((each) => entryLine(each)).join('\n\n')}\n`);
  const read = async (pieces: Uint8Array[]) => {
    const sink = new SampleSink();
    expect(await readEntryLines(pieces, sink)).toBe(sink.entries.length);
    return sink.entries;
  };

  it('bring every entry back, cut into pieces at any byte', async () => {
    expect(await read([text])).toEqual(entries);
    expect(await read([text.subarray(0, -1)])).toEqual(entries);
    for (let at = 0; at <= text.length; at += 1)
      expect(await read([text.subarray(0, at), text.subarray(at)])).toEqual(entries);
  });

  it.each([
    'nonsense',
    '7',
    '{"database":0,"key":"k","type":0,"encoding":0}',
    '{"database":0,"key":"k","keyBase64":"aw==","type":0,"encoding":0,"value":"v"}',
    '{"database":0,"keyBase64":"a","type":0,"encoding":0,"value":"v"}',
    '{"database":65536,"key":"k","type":0,"encoding":0,"value":"v"}',
    '{"database":0,"key":"\\ud800","type":0,"encoding":0,"value":"v"}',
    '{"database":0,"key":"k","type":0,"encoding":0,"value":"v","deadline":1.5}',
  ])('that make no sense are refused, and the line is named: %s', async (line) => {
    const good = entryLine(entry());
    const reading = readEntryLines([Buffer.from(`${good}\n${line}\n`)], new SampleSink());
    await expect(reading).rejects.toMatchObject({
      code: 'LINE_INVALID',
      message: expect.stringMatching(/^line 2: /),
    });
  });

  it('that are no UTF-8 are refused', async () => {
    const reading = readEntryLines([Uint8Array.of(0x22, 0xff, 0x22)], new SampleSink());
    await expect(reading).rejects.toMatchObject({ code: 'LINE_INVALID' });
  });
});

describe('a difference', () => {
  const lookup = (entries: readonly SnapshotEntry[]) => ({
    entries: () => entries,
    find: (database: number, key: Uint8Array) =>
      entries.find((each) => each.database === database && Buffer.compare(each.key, key) === 0),
  });

  it('tells what was removed, changed and added, and nothing of what is equal', () => {
    const same = entry({ key: bytes('same'), deadline: NOW });
    const moved = entry({ key: bytes('moved') });
    const changed = entry({ key: bytes('changed') });
    const before = lookup([same, moved, changed]);
    const after = lookup([
      { ...moved, database: 1 },
      { ...changed, value: bytes('other'), encoding: 2, deadline: NOW },
      { ...same, key: bytes('same') },
    ]);
    const found = [...diffEntries(before, after)].map(({ kind, database, key, fields }) =>
      [kind, database, new TextDecoder().decode(key), ...fields].join(' '),
    );
    expect(found).toEqual([
      'removed 0 moved',
      'changed 0 changed encoding value deadline',
      'added 1 moved',
    ]);
    expect([...diffEntries(before, before)]).toEqual([]);
  });
});
