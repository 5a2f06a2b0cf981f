import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The ts blocks of a Markdown page, or of the doc comments of a source file. */
function examplesIn(path: string): string[] {
  const text = readFileSync(`${root}/${path}`, 'utf8');
  const plain = path.endsWith('.ts') ? text.replace(/^ *\* ?/gm, '') : text;
  return [...plain.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
}

/** Turns `expression; // => value` into an assertion, so that what an example says is checked. */
function checked(example: string): string {
  const assertion = '\nassert.deepEqual($1, $2);';
  const code = example.replace(/^ *(.+); \/\/ => (.+)$/gm, assertion);
  return `import assert from 'node:assert/strict';\n${code}`;
}

function run(code: string) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = ['--conditions=kv-source', '--input-type=module-typescript', '--eval', code];
  return spawnSync(process.execPath, options, { cwd: root, encoding: 'utf8', env });
}

describe('the examples in README.md and in the doc comments', () => {
  const pages = ['README.md', ...globSync('src/**/*.ts', { cwd: root }).sort()];
  const examples = pages.flatMap((page) =>
    examplesIn(page).map((code, i) => ({ title: `${page}, example ${i + 1}`, code })),
  );

  it('are found', () => {
    expect(examples.length).toBeGreaterThan(8);
  });

  for (const { title, code } of examples) {
    it(`run and answer what they say: ${title}`, () => {
      const { status, stderr } = run(checked(code));
      expect(stderr.replace(/^.*Warning: .*\n.*\n/m, '')).toBe('');
      expect(status).toBe(0);
    });
  }
});
