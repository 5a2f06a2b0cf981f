import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../test/temporary-directory.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const sources = ['./errors.ts', './log/log-errors.ts'];
const errors = await Promise.all(
  sources.map((source) => readFile(new URL(source, import.meta.url), 'utf8')),
);

test('the example in README.md does what its comments say', async () => {
  const directory = await temporaryDirectory();
  const [, example = ''] = /```ts\n([^`]*`[^`]*`[^`]*)```/.exec(readme) ?? [];
  const code = example
    .replace("'@kv/persistence'", `'${new URL('./index.ts', import.meta.url).pathname}'`)
    .replace("'@kv/store'", `'${new URL('../test/map-store.ts', import.meta.url).pathname}'`)
    .replace('{ ExpiringKeyValueStore }', '{ MapStore as ExpiringKeyValueStore }')
    .replace("'./data'", JSON.stringify(join(directory, 'data')));
  const log = vi.spyOn(console, 'log').mockReturnValue();
  for (const run of ['first.ts', 'second.ts']) {
    await writeFile(join(directory, run), code);
    await import(pathToFileURL(join(directory, run)).href);
  }
  expect(log.mock.calls).toEqual([['nobody yet'], ['Alice']]);
  log.mockRestore();
});

test('README.md lists every error code, and no other', () => {
  const inCode = [...errors.join('').matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code);
  const section = readme.slice(readme.indexOf('## Errors'));
  const listed = [...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(inCode.length).toBeGreaterThan(10);
  expect(listed).toEqual(inCode);
});
