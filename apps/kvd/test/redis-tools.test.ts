import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/start.ts';

const isInstalled = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;

let kvd: Kvd;
beforeAll(async () => {
  kvd = await startKvd();
});
afterAll(() => kvd.close());

/** Runs a tool against kvd; answers what it says. */
async function run(tool: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(tool, ['-p', String(kvd.port), ...args]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  child.stdin.end(input);
  await once(child, 'close');
  return output;
}

describe.skipIf(!isInstalled('redis-cli'))('redis-cli (skipped where it is not installed)', () => {
  it('talks interactively', async () => {
    const lines = await run(
      'redis-cli',
      [],
      'SET greeting "hello world"\nGET greeting\nTTL greeting\nNOPE\n',
    );
    expect(lines.split('\n').slice(0, 4)).toEqual([
      'OK',
      'hello world',
      '-1',
      "ERR unknown command 'NOPE', with args beginning with: ",
    ]);
    expect(await run('redis-cli', ['-3', 'CONFIG', 'GET', 'maxclients'])).toBe(
      'maxclients 10000\n',
    );
  });

  it('shows help for commands and for groups of them', async () => {
    expect(await run('redis-cli', ['help', 'config', 'get'])).toContain('CONFIG GET');
    const group = await run('redis-cli', ['help', '@transactions']);
    expect(group.match(/MULTI|EXEC|DISCARD|UNWATCH|WATCH/g)?.length).toBeGreaterThanOrEqual(5);
    expect(await run('redis-cli', ['help', '@server'])).toContain('SLOWLOG GET');
  });

  it('inserts with --pipe, and looks for big keys', async () => {
    const sets = Array.from({ length: 10_000 }, (_, i) => `SET pipe:${i} value:${i}\r\n`).join('');
    expect(await run('redis-cli', ['--pipe'], sets)).toMatch(/errors: 0, replies: 10000/);
    expect(await run('redis-cli', ['DBSIZE'])).toBe('10001\n');
    const summary = await run('redis-cli', ['--bigkeys']);
    expect(summary).toContain('Sampled 10001 keys in the keyspace');
    expect(summary).toMatch(/Biggest string found .* has 11 bytes|Biggest string found/);
  });
});

describe.skipIf(!isInstalled('redis-benchmark'))(
  'redis-benchmark (skipped where it is not installed)',
  () => {
    it('runs its tests of the commands that there are', async () => {
      const tests = 'ping_inline,ping_mbulk,set,get,incr,mset';
      const output = await run('redis-benchmark', ['-n', '2000', '-q', '-P', '4', '-t', tests]);
      expect(output.match(/requests per second/g)?.length).toBe(6);
      expect(output).not.toMatch(/ERR/);
    });
  },
);
