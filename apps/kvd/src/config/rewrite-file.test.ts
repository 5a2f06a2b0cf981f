import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { replaceFile, rewritten } from './rewrite-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'kvd-rewrite-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('options are changed where they stand, and all else stays as it was written', () => {
  const text = [
    '# my server',
    'port = 7000 # not the usual one',
    "'maxmemory' = '1gb'",
    'save = [',
    '  "900 1", # now and then',
    '  "300 10"',
    ']',
    '',
    'loglevel = "debug"',
    '',
  ].join('\n');
  const changes = new Map([
    ['maxmemory', '2gb'],
    ['save', ''],
    ['requirepass', 'a "quoted" \\ word'],
  ]);
  expect(rewritten(text, changes)).toBe(
    [
      '# my server',
      'port = 7000 # not the usual one',
      'maxmemory = "2gb"',
      'save = ""',
      '',
      'loglevel = "debug"',
      'requirepass = "a \\"quoted\\" \\\\ word"',
      '',
    ].join('\n'),
  );
  expect(rewritten('', new Map([['port', '1']]))).toBe('port = "1"\n');
  expect(rewritten(text, new Map())).toBe(text);
});

test('a file that can only be changed by hand is left alone', () => {
  // Behind a table, an option at the end would belong to it.
  expect(rewritten('[other]\nx = 1\n', new Map([['port', '1']]))).toBeUndefined();
  const path = join(directory, 'kvd.toml');
  writeFileSync(path, '[other]\n');
  expect(replaceFile(path, () => undefined)).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('[other]\n');
});

test('a file is replaced as a whole, and nothing is left beside it', () => {
  const path = join(directory, 'kvd.toml');
  writeFileSync(path, 'port = 1\n');
  chmodSync(path, 0o644);
  expect(replaceFile(path, (text) => `${text}timeout = 5\n`)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('port = 1\ntimeout = 5\n');
  expect(readdirSync(directory)).toEqual(['kvd.toml']);
});
