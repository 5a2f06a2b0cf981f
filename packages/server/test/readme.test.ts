import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the example of the README runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const program = (readme.match(/```ts\n([\s\S]*?)```/)?.[1] ?? '').replace(
    /import \{ MyKeyspaces \}.*/,
    "import { FakeKeyspaces as MyKeyspaces } from './test/fake-keyspaces.ts';",
  );
  const printed = execFileSync(
    process.execPath,
    ['--conditions=kv-source', '--input-type=module', '-e', program],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  expect(printed).toMatch(/^listening on 127\.0\.0\.1:\d+\n$/);
});
