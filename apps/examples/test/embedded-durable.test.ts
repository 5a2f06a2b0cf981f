import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../src/temporary-directory.ts';

const PROGRAM = new URL('../src/embedded-durable.ts', import.meta.url);

it('has every order again after each of two crashes', async () => {
  await using directory = await temporaryDirectory();
  const run = (...more: string[]) =>
    spawnSync(
      process.execPath,
      ['--conditions=kv-source', PROGRAM.pathname, directory.path, ...more],
      { encoding: 'utf8', timeout: 8000 },
    );
  expect(run('crash')).toMatchObject({ signal: 'SIGKILL' });
  expect(run('crash')).toMatchObject({ signal: 'SIGKILL' });
  expect(run()).toMatchObject({ status: 0, stdout: '3\n', stderr: '' });
});

it('is what the READMEs show', async () => {
  const lines = (text: string) =>
    text
      .split('\n')
      .filter((line) => /^(import|const codec|const store|orders|await orders|console)/.test(line));
  const shown = lines(await readFile(PROGRAM, 'utf8'));
  expect(shown).toHaveLength(8);
  for (const page of ['../../../README.md', '../../../packages/persistence/README.md']) {
    const text = await readFile(new URL(page, import.meta.url), 'utf8');
    const [, block = ''] = /```ts\n([^`]*openLoggedStore[\s\S]*?)```/.exec(text) ?? [];
    expect(lines(block)).toEqual(shown);
  }
});
