import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvd } from '../src/start.ts';
import { runHere } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
const VALUES: readonly (readonly [string, unknown])[] = [
  ['text', 'Älice\n'],
  ['bytes', Uint8Array.of(255, 0)],
  ['number', 7],
  ['object', { id: 1, tags: ['a'], none: null }],
  ['date', new Date(0)],
  ['bigint', 7n],
  ['minus zero', -0],
  ['map', new Map([[1, new Set(['x'])]])],
];

/** A data directory as a daemon leaves it, with a value of each kind. */
async function dataDirectory(name: string, appendonly: boolean): Promise<string> {
  const dir = join(root, name);
  // With always each write has a record of its own, so that damage costs what the tests say.
  await using kvd = await startKvd({ dir, appendonly, appendfsync: 'always' });
  await using client = await connect(kvd.url);
  for (const [key, value] of VALUES) await client.set(key, value);
  await client.setex('soon gone', 1000, 'x'.repeat(5000));
  await client.save();
  return dir;
}

/** Changes a byte of a file. */
function damage(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe('kvd export and import', () => {
  it.each([false, true])(
    'bring back a data directory that equals the first, appendonly %s',
    async (appendonly) => {
      const dir = await dataDirectory(`exported-${appendonly}`, appendonly);
      const lines = await runHere(['export', dir]);
      expect(lines.code).toBe(0);
      expect(lines.stdout.trimEnd().split('\n')).toHaveLength(VALUES.length + 1);
      expect(lines.stdout).toContain(
        '"key":"object","type":"string","encoding":"value","json":{"id":1,"tags":["a"],"none":null}',
      );
      const copy = join(root, `imported-${appendonly}`);
      expect(await runHere(['import', '-', copy], {}, lines.stdout)).toMatchObject({ code: 0 });
      expect(await runHere(['diff', dir, copy])).toMatchObject({ code: 0, stdout: '' });
      await using kvd = await startKvd({ dir: copy });
      await using client = await connect(kvd.url);
      for (const [key, value] of VALUES) expect(await client.get(key)).toStrictEqual(value);
      expect(await client.ttl('soon gone')).toBeGreaterThan(900);
    },
  );

  it('refuse a line that makes no sense, and write nothing', async () => {
    const target = join(root, 'refused');
    const refused = await runHere(['import', '-', target], {}, '{"database":0}\n');
    expect(refused).toMatchObject({ code: 65, stderr: expect.stringContaining('line 1') });
    expect(await runHere(['export', target])).toMatchObject({ code: 0, stdout: '' });
  });

  it('add to a directory that holds data only when asked to', async () => {
    const dir = await dataDirectory('merged', false);
    const line =
      '{"database":3,"key":"new","type":"string","encoding":"raw","value":"v"}\n' +
      '{"database":0,"key":"number","type":"string","encoding":"value","json":8}\n';
    expect(await runHere(['import', '-', dir], {}, line)).toMatchObject({ code: 64 });
    expect(await runHere(['import', '-', dir, '--merge'], {}, line)).toMatchObject({ code: 0 });
    const exported = (await runHere(['export', dir])).stdout.trimEnd().split('\n');
    expect(exported).toHaveLength(VALUES.length + 2);
    expect(exported.filter((each) => line.includes(each))).toHaveLength(2);
  });
});

describe('kvd diff', () => {
  it('names what was added, removed and changed, and exits with 1', async () => {
    const line = (key: string, value: string, more = '') =>
      `{"database":0,"key":"${key}","type":"string","encoding":"raw","value":"${value}"${more}}\n`;
    const [one, other] = [join(root, 'one'), join(root, 'other')];
    await runHere(['import', '-', one], {}, line('same', '1') + line('a', '1') + line('b', '1'));
    const changed = line('b', '1', ',"deadline":9000000000000');
    await runHere(['import', '-', other], {}, line('same', '1') + changed + line('c', '1'));
    const { code, stdout } = await runHere(['diff', one, other]);
    expect(code).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each)),
    ).toEqual([
      { kind: 'removed', database: 0, key: 'a' },
      { kind: 'changed', database: 0, key: 'b', fields: ['deadline'] },
      { kind: 'added', database: 0, key: 'c' },
    ]);
  });
});

describe('kvd check', () => {
  it('finds a whole directory sound, and says what is in it', async () => {
    const dir = await dataDirectory('sound', true);
    const { code, stdout, stderr } = await runHere(['check', dir]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`snapshot.kv: sound, ${VALUES.length + 1} entries`);
    expect(stdout).toMatch(/appendonlydir: sound, a base of 0 entries and \d+ effects/);
  });

  it('names file, byte and remedy of damage, exits with 65, and repairs a copy', async () => {
    const dir = await dataDirectory('damaged', true);
    const segment = join(dir, 'appendonlydir', 'segment-1.kvlog');
    damage(segment, readFileSync(segment).length - 4000);
    damage(join(dir, 'snapshot.kv'), 100);
    const { code, stderr } = await runHere(['check', dir]);
    expect(code).toBe(65);
    expect(stderr).toMatch(/segment-1\.kvlog at byte \d+: /);
    expect(stderr).toMatch(/snapshot\.kv is damaged in block 0 at byte 48: /);
    expect(stderr).toContain(`kvd check ${dir} --repair COPY`);
    expect((await runHere(['export', dir])).code).toBe(65);

    const copy = join(root, 'repaired');
    const repaired = await runHere(['check', dir, '--repair', copy]);
    expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining('8 entries') });
    expect((await runHere(['check', dir])).code).toBe(65);
    expect((await runHere(['check', copy])).code).toBe(0);
    await using kvd = await startKvd({ dir: copy, appendonly: true });
    await using client = await connect(kvd.url);
    for (const [key, value] of VALUES) expect(await client.get(key)).toStrictEqual(value);
    expect(await client.get('soon gone')).toBeUndefined();
  });

  it('repairs from the snapshot where the log cannot be read at all', async () => {
    const dir = await dataDirectory('lost-manifest', true);
    damage(join(dir, 'appendonlydir', 'manifest'), 20);
    const repaired = await runHere(['check', dir, '--repair', join(root, 'from-snapshot')]);
    expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining('9 entries') });
    expect(repaired.stderr).toContain('nothing of it can be saved');
  });

  it('misses the manifest of a log as a start does, and names the snapshot that is left', async () => {
    const dir = await dataDirectory('no-manifest', true);
    rmSync(join(dir, 'appendonlydir', 'manifest'));
    const found = await runHere(['check', dir]);
    expect(found).toMatchObject({ code: 65, stderr: expect.stringContaining('is missing') });
    expect((await runHere(['export', dir])).code).toBe(65);
    const repaired = await runHere(['check', dir, '--repair', join(root, 'snapshot-left')]);
    expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining('9 entries') });
    expect(repaired.stdout).toContain('snapshot.kv is sound: ');
  });

  it('repairs into an empty directory only', async () => {
    const dir = await dataDirectory('unrepaired', false);
    const full = join(root, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'mine'), '');
    expect((await runHere(['check', dir, '--repair', full])).code).toBe(64);
  });
});

describe('kvd inspect', () => {
  it('counts by type and encoding, and names the largest', async () => {
    const dir = await dataDirectory('inspected', false);
    const { code, stdout } = await runHere(['inspect', dir, '--json', '--largest', '1']);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ entries: 9, withoutDeadline: 8 });
    expect(summary.largest).toEqual([{ database: 0, key: 'soon gone', bytes: 5009 }]);
    expect(summary.kinds).toContainEqual(
      expect.objectContaining({ type: 'string', encoding: 'value', entries: 6 }),
    );
    expect(summary.ttls).toContainEqual({ upToMs: 3_600_000, entries: 1 });
    const text = (await runHere(['inspect', dir])).stdout;
    expect(text).toMatch(/^9 entries, \d+ bytes of keys/);
    expect(text).toMatch(/5009 +database 0 +"soon gone"/);
  });
});

describe('every tool', () => {
  it('leaves a directory alone that a daemon has', async () => {
    const dir = join(root, 'in use');
    await using _kvd = await startKvd({ dir });
    const commands = [['check'], ['inspect'], ['export'], ['import', '-'], ['diff', dir]];
    for (const words of commands) expect((await runHere([...words, dir])).code).toBe(71);
  });

  it('refuses what it does not know, and a directory that is not there', async () => {
    expect((await runHere(['check', '--fast'])).code).toBe(64);
    expect((await runHere(['diff', root])).code).toBe(64);
    expect((await runHere(['inspect', root, '--largest', 'all'])).code).toBe(64);
    expect((await runHere(['export', root, '--dbfilename', '../other'])).code).toBe(64);
    const absent = await runHere(['import', join(root, 'nothing.ndjson'), root]);
    expect(absent).toMatchObject({ code: 74, stderr: expect.stringContaining('nothing.ndjson') });
    expect(await runHere(['import', root, join(root, 'unfilled')])).toMatchObject({ code: 74 });
    expect((await runHere(['export', join(root, 'nowhere')])).code).toBe(74);
  });
});
