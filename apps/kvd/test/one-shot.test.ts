import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startKvd } from '../src/index.ts';
import { runHere, runKvd, spawnKvd } from './kvd-process.ts';
import { kvdWithClient } from './kvd-with-client.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
const { kvd, client } = await kvdWithClient();
const send = (...words: string[]) => runHere(['--url', kvd.url, ...words]);

describe('the kvd command', () => {
  it('shows help and its version', async () => {
    const help = await runKvd(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--maxclients COUNT');
    expect(help.stdout).not.toContain('\u001b');
    expect(Math.max(...help.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(
      100,
    );
    expect(await runKvd(['-v'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
    expect((await runKvd(['help'])).stdout).toBe(help.stdout);
  });

  it('has every word of its help apart from the next', async () => {
    const { stdout } = await runHere(['--help']);
    expect(stdout).toMatch(/--auto-aof-rewrite-percentage PERCENT\n {38}rewrite the log/);
    const lines = stdout.split('\n').filter((line) => line.startsWith('  --'));
    for (const line of lines) expect(line).toMatch(/^ {2}\S+( \S+)*( {2,}\S|$)/);
  });

  it('explains a command, the commands of a container, and a tool', async () => {
    const set = await runHere(['help', 'setex']);
    expect(set).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^SETEX key seconds value\n/),
    });
    expect(await runHere(['--help', 'SETEX'])).toStrictEqual(set);
    expect((await runHere(['help', 'config', 'get'])).stdout).toMatch(/^CONFIG GET /);
    expect((await runHere(['help', 'config'])).stdout).toMatch(
      /^CONFIG GET .*\n[\s\S]*^CONFIG SET /m,
    );
    const check = await runHere(['check', '--help']);
    expect(check.stdout).toContain('kvd check [DIR] [--repair COPY]');
    expect(await runHere(['help', 'check'])).toStrictEqual(check);
    const unknown = await runHere(['help', 'sett']);
    expect(unknown).toMatchObject({ code: 64, stderr: expect.stringContaining('mean set?') });
  });

  it('refuses commands that are about what follows on the same connection', async () => {
    for (const words of [['subscribe', 'news'], ['monitor'], ['multi']])
      expect(await send(...words)).toMatchObject({ code: 64, stdout: '' });
    expect((await send('publish', 'news', 'x')).code).toBe(0);
  });

  it('says how a command is written whose arguments are wrong', async () => {
    expect((await send('setex', 'k')).stderr).toContain('It is written: SETEX key seconds value');
    expect((await send('set', 'k', 'v', 'EXX')).stderr).toContain('It is written: SET key value');
  });

  it('ends quietly when nobody reads what it says', async () => {
    const child = spawnKvd(['--help']);
    let errors = '';
    child.stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout?.destroy();
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, errors }).toStrictEqual({ code: 0, errors: '' });
  });

  it('sends one command and shows the reply', async () => {
    expect(await send('ping')).toMatchObject({ code: 0, stdout: 'PONG\n' });
    expect(await send('set', 'greeting', 'hello')).toMatchObject({ code: 0, stdout: '1\n' });
    expect(await send('get', 'greeting')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await send('mget', 'greeting', 'absent')).toMatchObject({ stdout: 'hello\n(absent)\n' });
    expect(await send('--json', 'set', 'user', '{"id":7}')).toMatchObject({ code: 0 });
    expect(await send('get', 'user')).toMatchObject({ stdout: '{ id: 7 }\n' });
    expect(JSON.parse((await send('--json', 'get', 'user')).stdout)).toStrictEqual({ id: 7 });
  });

  it('is a program that reads and writes bytes as they are', async () => {
    const bytes = Uint8Array.of(0x61, 0, 0xff);
    const url = ['--url', kvd.url];
    const set = await runKvd([...url, '--stdin', 'set', 'bytes'], {}, bytes);
    expect(set).toMatchObject({ code: 0, stdout: '1\n', stderr: '' });
    expect(await client.get('bytes')).toStrictEqual(bytes);
    await client.set('bytes', Uint8Array.of(0x61, 0, 0x62));
    expect(await runKvd([...url, 'get', 'bytes'])).toMatchObject({ code: 0, stdout: 'a\0b' });
    expect(await runKvd([...url, 'get', 'absent'])).toMatchObject({ code: 1, stdout: '' });
  });

  it('takes words as they are, also empty ones and ones with spaces, quotes and dashes', async () => {
    expect(await send('set', '', '')).toMatchObject({ code: 0 });
    expect(await client.get('')).toBe('');
    expect(await send('get', '')).toMatchObject({ code: 0, stdout: '\n' });
    expect(await send('set', '--key', '-"a b"\n\t grüße')).toMatchObject({ code: 0 });
    expect(await client.get('--key')).toBe('-"a b"\n\t grüße');
  });

  it('shows what subcommands answer, a line a fact', async () => {
    expect((await send('config', 'get', 'data*')).stdout).toBe('databases: 16\n');
    expect((await send('client', 'list')).stdout).toMatch(/^id=\d+ addr=127/);
    expect((await send('command', 'docs', 'get')).stdout).toMatch(/^get:\n {2}summary: /i);
    expect((await send('command', 'count')).stdout).toMatch(/^\d+\n$/);
    expect((await send('info', 'server')).stdout).toMatch(
      /^# Server\r\n[\s\S]*kvd_version:0.1.0\r\n/,
    );
    await client.flush();
    expect((await send('scan', '0')).stdout).toBe('0\n');
    expect((await send('keys', '*')).stdout).toBe('');
    await client.set('k', 1);
    expect((await send('scan', '0')).stdout).toBe('0\n  k\n');
  });

  it('reads a value from standard input, exactly, with --stdin', async () => {
    const pipe = (input: string | Uint8Array, ...words: string[]) =>
      runHere(['--url', kvd.url, '--stdin', ...words], {}, input);
    expect(await pipe('a line\n', 'set', 'text')).toMatchObject({ code: 0 });
    expect(await client.get('text')).toBe('a line\n');
    expect(await pipe(Uint8Array.of(0x89, 0xff), 'set', 'bytes')).toMatchObject({ code: 0 });
    expect(await client.get('bytes')).toStrictEqual(Uint8Array.of(0x89, 0xff));
    expect(await pipe('[1]', '--json', 'set', 'json')).toMatchObject({ code: 0 });
    expect(await client.get('json')).toStrictEqual([1]);
    expect(await send('set', 'dash', '-')).toMatchObject({ code: 0 });
    expect(await client.get('dash')).toBe('-');
  });

  it('says by its exit code what went wrong, and on standard error in words', async () => {
    for (const [words, code, part] of [
      [['get', 'absent'], 1, 'absent'],
      [['setex', 'k', '0', 'v'], 1, 'ERR'],
      [['incr'], 1, 'incr'],
      [['gett', 'k'], 64, 'did you mean get'],
      [['config'], 64, 'get'],
      [['config', 'sett'], 64, 'get'],
      [['--json', 'set', 'k', '{'], 64, 'JSON'],
      [['--database', 'x', 'ping'], 64, '--database'],
      [['--database', '99', 'ping'], 64, 'index'],
    ] as const) {
      const ended = await send(...words);
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr.toLowerCase()).toContain(part.toLowerCase());
    }
    expect(await runHere(['--nosuch'])).toMatchObject({ code: 64 });
    expect(await runHere(['--url', 'nonsense', 'ping'])).toMatchObject({ code: 64 });
    expect(await runHere(['--port', '1', 'ping'])).toMatchObject({ code: 69 });
    expect(await runHere([], { KVD_PORT: 'x' })).toMatchObject({ code: 78 });
  });

  it('gives up soon on something that takes connections and never answers, with 69', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as { port: number };
    const startedAt = performance.now();
    expect(await runKvd(['--port', String(port), 'ping'])).toMatchObject({ code: 69 });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    mute.close();
  });

  it.runIf(process.platform === 'linux')(
    'says that its output could not be written, with 74',
    async () => {
      const { openSync } = await import('node:fs');
      const child = spawnKvd(['--help'], {}, ['ignore', openSync('/dev/full', 'w'), 'ignore']);
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(74);
    },
  );
});

describe('the kvd command and a password', () => {
  it('signs in with that of the URL, of a flag, or of the server in its own environment', async () => {
    await using closed = await startKvd({ password: 'p@ss/word' });
    const port = String(closed.port);
    const secret = join(root, 'password');
    writeFileSync(secret, 'p@ss/word\n');
    const pong = { code: 0, stdout: 'PONG\n' };
    expect(await runHere(['--url', closed.url, 'ping'])).toMatchObject(pong);
    expect(await runHere(['ping'], { KVD_URL: closed.url })).toMatchObject(pong);
    expect(await runHere(['--port', port, '--password', 'p@ss/word', 'ping'])).toMatchObject(pong);
    const own = { KVD_PORT: port, KVD_REQUIREPASS_FILE: secret };
    expect(await runHere(['ping'], own)).toMatchObject(pong);
    const refused = await runHere(['--port', port, '--password', 'hush', 'ping']);
    expect(refused).toMatchObject({ code: 77, stdout: '' });
    expect(refused.stderr).not.toContain('hush');
    expect(await runHere(['--port', port, 'ping'])).toMatchObject({ code: 77 });
    // Another server does not get to see the password of this one.
    const other = await runHere(['--url', `kv://127.0.0.1:${port}`, 'ping'], own);
    expect(other.code).toBe(77);
  });
});
