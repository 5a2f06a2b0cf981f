import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startKvdProcess } from '../test/kvd-process.ts';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { enlargeYoungGeneration, type Replaceable } from './young-generation.ts';

const directory = temporaryDirectory();
const SIZE = '--min-semi-space-size=16';

/** What a process would be replaced by. */
function replacement(
  process: Partial<Replaceable>,
  inMainThread = true,
): readonly string[] | undefined {
  let started: readonly string[] | undefined;
  const execve = ((_file: string, args: readonly string[]) => {
    started = args;
  }) as NonNullable<Replaceable['execve']>;
  const argv = ['/bin/node', '/kvd/main.js', '--port', '0'];
  const usual = { execPath: '/bin/node', execArgv: [], argv, env: {}, execve };
  enlargeYoungGeneration({ ...usual, ...process }, inMainThread);
  return started;
}

test('a process starts anew with its own options and arguments', () => {
  const started = replacement({ execArgv: ['--no-warnings'] });
  expect(started).toEqual(['/bin/node', SIZE, '--no-warnings', '/kvd/main.js', '--port', '0']);
});

test('not twice, and not where a size has been chosen', () => {
  expect(replacement({ execArgv: [SIZE] })).toBeUndefined();
  expect(replacement({ execArgv: ['--max_semi_space_size=4'] })).toBeUndefined();
  const env = { NODE_OPTIONS: '--enable-source-maps --max-semi-space-size=64' };
  expect(replacement({ env })).toBeUndefined();
});

test('not while it is debugged or profiled', () => {
  for (const option of ['--inspect=0', '--inspect-brk', '--cpu-prof', '--prof', '--heap-prof'])
    expect(replacement({ execArgv: [option] })).toBeUndefined();
  expect(replacement({ env: { NODE_OPTIONS: '--cpu-prof-dir=. --cpu-prof' } })).toBeUndefined();
});

test('not with a channel to a parent, not in a thread, and not where processes are not replaced', () => {
  expect(replacement({ channel: {} })).toBeUndefined();
  expect(replacement({}, false)).toBeUndefined();
  const { execve: _, ...windows } = { execve: undefined };
  expect(() =>
    enlargeYoungGeneration({ execPath: 'node', execArgv: [], argv: [], env: {}, ...windows }, true),
  ).not.toThrow();
});

test.runIf(process.platform === 'linux')(
  'the daemon runs so, under the number it got',
  async () => {
    await using kvd = await startKvdProcess(['--dir', directory]);
    const words = readFileSync(`/proc/${kvd.child.pid}/cmdline`, 'latin1').split('\0');
    expect(words).toContain(SIZE);
  },
);
