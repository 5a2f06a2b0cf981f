import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { boundaryViolations } from '../../../scripts/check-boundaries.ts';
import { temporaryDirectory } from '../src/temporary-directory.ts';

/** What is found in a tree of these files; packages without a package.json get one. */
async function violationsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  await using root = await temporaryDirectory();
  const directories = Object.keys(files).map((path) => path.split('/').slice(0, 2).join('/'));
  const all = new Map<string, string>();
  for (const directory of directories)
    all.set(`${directory}/package.json`, declares(`@kv/${directory.split('/')[1]}`, {}));
  for (const [path, text] of Object.entries(files)) all.set(path, text);
  for (const [path, text] of all) {
    await mkdir(dirname(join(root.path, path)), { recursive: true });
    await writeFile(join(root.path, path), text);
  }
  return boundaryViolations(root.path);
}

const declares = (name: string, dependencies: Record<string, string>, more: object = {}) =>
  JSON.stringify({ name, dependencies, ...more });

it('finds nothing in this repository', () => {
  expect(boundaryViolations(join(import.meta.dirname, '../../..'))).toEqual([]);
});

it.each([
  ['server', 'store'],
  ['client', 'server'],
  ['protocol', 'store'],
  ['store', 'persistence'],
  ['persistence', 'store'],
])('finds an arrow from %s to %s, in tests too', async (from, to) => {
  const manifest = declares(`@kv/${from}`, { [`@kv/${to}`]: 'workspace:^' });
  const found = await violationsOf({
    [`packages/${from}/package.json`]: manifest,
    [`packages/${from}/src/a.ts`]: `import { x } from '@kv/${to}';`,
    [`packages/${from}/src/a.test.ts`]: `const x = await import('@kv/${to}/deep');`,
    [`packages/${from}/test/b.ts`]: `export type { X } from '@kv/${to}';`,
  });
  expect(found).toEqual([
    expect.stringMatching(`^packages/${from}/src/a.test.ts: @kv/${to}/deep: @kv/${from} may `),
    expect.stringMatching(`^packages/${from}/src/a.ts: @kv/${to}: @kv/${from} may import `),
    expect.stringMatching(`^packages/${from}/test/b.ts: @kv/${to}: @kv/${from} may import `),
  ]);
});

it('finds an import of an application by a package', async () => {
  const found = await violationsOf({ 'packages/client/test/a.ts': "import '@kv/kvd';" });
  expect(found).toEqual([
    'packages/client/test/a.ts: @kv/kvd: @kv/client may import only @kv/protocol of this repository',
  ]);
});

it('allows the arrows that are drawn, and everything to examples and bench', async () => {
  const all = ['server', 'store', 'persistence', 'client', 'protocol'].map((name) => `@kv/${name}`);
  const imports = (names: string[]) => names.map((name) => `import '${name}';`).join('\n');
  const versions = (names: string[]) => Object.fromEntries(names.map((name) => [name, '1']));
  const found = await violationsOf({
    'packages/client/package.json': declares('@kv/client', versions(['@kv/protocol'])),
    'packages/client/src/a.ts': "import '@kv/protocol';",
    'packages/server/package.json': declares('@kv/server', versions(['@kv/protocol'])),
    'packages/server/src/a.ts': "import '@kv/protocol';",
    'packages/protocol/src/a.test.ts': "import 'msgpackr';",
    'apps/kvd/package.json': declares('@kv/kvd', versions([...all, 'pino'])),
    'apps/kvd/src/a.ts': imports([...all, 'pino', 'node:fs']),
    'apps/bench/package.json': declares('@kv/bench', versions([...all, 'msgpackr'])),
    'apps/bench/src/a.ts': imports([...all, 'msgpackr']),
    'apps/examples/package.json': declares('@kv/examples', versions(['@kv/kvd'])),
    'apps/examples/src/a.ts': "import '@kv/kvd';",
  });
  expect(found).toEqual([]);
});

it.each(['store', 'protocol'])('finds a module of Node.js in %s, tests aside', async (name) => {
  const found = await violationsOf({
    [`packages/${name}/src/deep/a.ts`]: "import { readFile } from 'node:fs/promises';",
    [`packages/${name}/src/b.ts`]: "export const fs = require('fs');",
    [`packages/${name}/src/a.test.ts`]: "import 'node:fs';",
    [`packages/${name}/test/a.ts`]: "import 'node:fs';",
  });
  expect(found).toEqual([
    `packages/${name}/src/b.ts: fs: @kv/${name} runs without Node.js and imports none of its modules`,
    `packages/${name}/src/deep/a.ts: node:fs/promises: @kv/${name} runs without Node.js and imports none of its modules`,
  ]);
});

it('finds npm packages where none may be, and msgpackr outside of its places', async () => {
  const found = await violationsOf({
    'packages/store/package.json': declares('@kv/store', { 'lru-cache': '1' }),
    'packages/store/src/a.ts': "import { LRUCache } from 'lru-cache';",
    'packages/store/test/a.ts': "import 'lru-cache';",
    'packages/server/test/a.ts': "import 'msgpackr/pack';",
  });
  expect(found).toEqual([
    'packages/server/test/a.ts: msgpackr/pack: msgpackr is for the tests of packages/protocol and for applications',
    'packages/store/src/a.ts: lru-cache: @kv/store imports nothing from npm',
  ]);
});

it('finds relative imports that leave their package, but for the one that tests share', async () => {
  const found = await violationsOf({
    'packages/client/src/a.ts': "import '../../protocol/src/frame.ts';",
    'packages/client/test/a.ts': "import '../../protocol/test/arbitrary-value.ts';",
    'apps/examples/src/a.ts': "import '../../kvd/src/start.ts';",
    'apps/kvd/src/a.test.ts': "import '../../../packages/protocol/test/arbitrary-value.ts';",
    'apps/kvd/test/a.ts': "import '../../../packages/protocol/test/arbitrary-value.ts';",
    'apps/kvd/test/b.ts': "import '../../../packages/protocol/test/other.ts';",
    'packages/protocol/test/arbitrary-value.ts': '',
  });
  expect(found).toEqual([
    'apps/examples/src/a.ts: ../../kvd/src/start.ts: it leaves its package',
    'apps/kvd/src/a.test.ts: ../../../packages/protocol/test/arbitrary-value.ts: it leaves its package',
    'apps/kvd/test/b.ts: ../../../packages/protocol/test/other.ts: it leaves its package',
    'packages/client/src/a.ts: ../../protocol/src/frame.ts: it leaves its package',
    'packages/client/test/a.ts: ../../protocol/test/arbitrary-value.ts: it leaves its package',
  ]);
});

it('finds imports of the own index, from src but not from tests', async () => {
  const found = await violationsOf({
    'packages/client/src/a.ts': "import { b } from './index.ts';",
    'packages/client/src/deep/b.ts': "import { b } from '../index.ts';\nimport '@kv/client';",
    'packages/client/src/deep/c.ts': "import './index.ts';", // another index
    'packages/client/src/a.test.ts': "import './index.ts';",
    'packages/client/test/a.ts': "import '@kv/client';",
  });
  const why = 'siblings import siblings, never the index of their own package';
  expect(found).toEqual([
    `packages/client/src/a.ts: ./index.ts: ${why}`,
    `packages/client/src/deep/b.ts: ../index.ts: ${why}`,
    `packages/client/src/deep/b.ts: @kv/client: ${why}`,
  ]);
});

it('finds devDependencies, undeclared and unused dependencies', async () => {
  const found = await violationsOf({
    'apps/kvd/package.json': declares(
      '@kv/kvd',
      { pino: '1', '@kv/store': 'workspace:^' },
      { devDependencies: { 'fast-check': '1' } },
    ),
    'apps/kvd/src/a.ts': "import 'fast-check'; import 'smol-toml/deep';",
    'apps/kvd/src/a.test.ts': "import 'fast-check'; import 'pino'; import '@kv/store';",
  });
  expect(found).toEqual([
    'apps/kvd/src/a.ts: fast-check: it is a devDependency, which the users of the package do not have',
    'apps/kvd/package.json: pino: no file in src imports it',
    'apps/kvd/package.json: @kv/store: no file in src imports it',
    'apps/kvd/src/a.ts: fast-check: it is not in "dependencies"',
    'apps/kvd/src/a.ts: smol-toml: it is not in "dependencies"',
  ]);
});

it('finds a package that has no row, and modules of Node.js without node:', async () => {
  const found = await violationsOf({
    'packages/other/src/a.ts': '',
    'packages/server/src/a.ts': "import 'net';",
  });
  expect(found).toEqual([
    'packages/other: package.json: it has no row in scripts/check-boundaries.ts',
    'packages/server/src/a.ts: net: write it with node: in front',
  ]);
});

it('finds every form of import', async () => {
  const forms = {
    a: "import 'node:a';",
    b: "import { type X } from 'node:b';",
    c: "import type { X } from 'node:c';",
    d: "export * from 'node:d';",
    e: "import e = require('node:e');",
    f: "export type F = import('node:f').F;",
    g: "const g = () => import('node:g');",
    h: "const h = require('node:h');",
    i: 'const i = import(`node:i`);',
    j: "import.meta.resolve('node:j');",
    k: "declare module 'node:k' {} // none",
  };
  const files = Object.entries(forms).map(([name, text]) => [
    `packages/store/src/${name}.ts`,
    `export const quote = /[\`'"]/;\n${text}`,
  ]);
  const found = await violationsOf(Object.fromEntries(files));
  expect(found.map((line) => line.split(' ')[1])).toEqual(
    [...'abcdefghij'].map((name) => `node:${name}:`),
  );
});

it('is not misled by comments and strings', async () => {
  const text = `
    // import 'node:fs';
    /** @example import { x } from '@kv/server'; */
    export const source = "import 'node:fs'";
    export const template = \`\${source} import 'node:fs'\`;
    export const pattern = /import 'node:fs'/;
  `;
  expect(await violationsOf({ 'packages/store/src/a.ts': text })).toEqual([]);
});
