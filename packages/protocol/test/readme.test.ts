import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as limits from '../src/limits.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example of the README prints what it says', () => {
  const program = readme.match(/```ts\n([\s\S]*?)```/)?.[1] ?? '';
  const printed = execFileSync(
    process.execPath,
    ['--conditions=kv-source', '--input-type=module', '-e', program],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  expect(printed.replace(/\s+/g, ' ').trim()).toBe(program.match(/\/\/ (.*)\n$/)?.[1]);
});

test('the README and FORMAT.md name the limits that hold', () => {
  const mib = 1024 * 1024;
  expect(limits.KEY_BYTES_MAX).toBe(mib);
  expect(limits.TEXT_BYTES_MAX).toBe(mib);
  expect(limits.VALUE_BYTES_MAX).toBe(512 * mib);
  expect(limits.FRAME_BYTES_MAX).toBe(537_985_024);
  expect(limits.REPLY_BYTES_MAX).toBe(1024 * mib);
  expect(limits.ARGUMENTS_MAX).toBe(1_048_576);
  expect(limits.DEPTH_MAX).toBe(128);
});
