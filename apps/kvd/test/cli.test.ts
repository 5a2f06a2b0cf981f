import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCommandLine } from '../src/cli/arguments.ts';
import { resolveConfig, shownConfig } from '../src/config/resolve.ts';
import { type Kvd, startKvd } from '../src/index.ts';
import { runKvd } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();
const resolve = (
  flags: Record<string, string>,
  env: Record<string, string> = {},
  file: string | undefined = undefined,
) => resolveConfig({ flags, env, file });

describe('the configuration', () => {
  it('has defaults that suit a first start', () => {
    const { config } = resolve({});
    expect(config.port).toBe(31337);
    expect(config.bind).toStrictEqual([{ host: '127.0.0.1', optional: false }]);
    expect(config.save).toHaveLength(3);
  });

  it('takes flags before the environment before the file', () => {
    const file = join(root, 'kvd.toml');
    writeFileSync(file, 'port = 1\nmaxclients = 2\ntimeout = 3\nbind = ["127.0.0.1", "::1"]\n');
    const env = { KVD_PORT: '10', KVD_MAXCLIENTS: '20' };
    const { config } = resolve({ port: '100' }, env, file);
    expect([config.port, config.maxclients, config.timeout]).toStrictEqual([100, 20, 3]);
    expect(config.bind.map(({ host }) => host)).toStrictEqual(['127.0.0.1', '::1']);
  });

  it('reads a secret from the file that a variable names', () => {
    const secret = join(root, 'password');
    writeFileSync(secret, 'hush\n');
    expect(resolve({}, { KVD_REQUIREPASS_FILE: secret }).config.requirepass).toBe('hush');
  });

  it('never shows a secret', () => {
    const shown = new Map(shownConfig(resolve({ requirepass: 'hush' }).config));
    expect([...shown.values()].join()).not.toContain('hush');
  });

  it('shows values as they can be written', () => {
    const { config } = resolve({ save: '60 1', bind: '127.0.0.1 -::1', 'protected-mode': 'no' });
    const shown = Object.fromEntries(shownConfig(config));
    expect(shown).toMatchObject({ save: '60 1', bind: '127.0.0.1 -::1', 'protected-mode': 'no' });
    expect(resolve(shown).config).toStrictEqual(config);
  });

  it.each([
    ['port', '70000'],
    ['port', 'http'],
    ['port', '-1'],
    ['save', '60'],
    ['save', '60 -1'],
    ['databases', '0'],
    ['maxclients', '0'],
    ['protected-mode', 'maybe'],
    ['loglevel', 'loud'],
    ['dbfilename', '../evil'],
    ['dir', ''],
    ['bind', ''],
  ])('refuses %s %j, naming the option, the value and what is allowed', (name, value) => {
    const attempt = () => resolve({ [name]: value });
    expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG' }));
    expect(attempt).toThrow(new RegExp(`^--${name}: .*must be `));
  });

  it('refuses an option that a file makes up, and guesses what was meant', () => {
    const file = join(root, 'wrong.toml');
    writeFileSync(file, 'prot = 1\n');
    expect(() => resolve({}, {}, file)).toThrow(/did you mean port/);
    expect(() => resolve({}, {}, join(root, 'absent.toml'))).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    );
  });

  it('warns of variables that are no option', () => {
    expect(resolve({}, { KVD_PROT: '1', HOME: '/' }).warnings).toHaveLength(1);
  });

  it('refuses to be reached from other machines without a password', () => {
    for (const bind of ['0.0.0.0', '::', '192.0.2.1', '127.0.0.1 10.0.0.1', 'example.org']) {
      expect(() => resolve({ bind })).toThrow(expect.objectContaining({ code: 'CONFIG' }));
      expect(resolve({ bind, requirepass: 'hush' }).config.requirepass).toBe('hush');
      expect(resolve({ bind, 'protected-mode': 'no' }).config.bind).not.toHaveLength(0);
    }
    expect(resolve({ bind: '127.0.0.9 ::1 localhost' }).config.bind).toHaveLength(3);
  });
});

describe('the command line', () => {
  it('leaves everything behind the command to the command', () => {
    const { flags, command, client } = readCommandLine([
      ...['--port=7000', '--json', 'set', 'key', '-5', '--ex', '1'],
    ]);
    expect(flags).toStrictEqual({ port: '7000' });
    expect(client.json).toBe(true);
    expect(command).toStrictEqual(['set', 'key', '-5', '--ex', '1']);
  });

  it('takes an empty value', () => {
    expect(readCommandLine(['--save', '']).flags).toStrictEqual({ save: '' });
  });

  it.each([[['--prot', '1']], [['-x']], [['--port']], [['--help=1']]])('refuses %j', (argv) => {
    expect(() => readCommandLine(argv)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the kvd command', () => {
  let kvd: Kvd;
  beforeAll(async () => {
    kvd = await startKvd();
  });
  afterAll(() => kvd.close());
  const send = (...words: string[]) => runKvd(['--url', kvd.url, ...words]);

  it('shows help and its version', async () => {
    const help = await runKvd(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--maxclients COUNT');
    expect(await runKvd(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
  });

  it('sends one command and shows the reply', async () => {
    expect(await send('ping')).toMatchObject({ code: 0, stdout: 'PONG\n' });
    expect(await send('set', 'greeting', 'hello')).toMatchObject({ code: 0, stdout: '1\n' });
    expect(await send('get', 'greeting')).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await send('mget', 'greeting', 'absent')).toMatchObject({
      stdout: 'hello\n(absent)\n',
    });
    expect(await send('--json', 'set', 'user', '{"id":7}')).toMatchObject({ code: 0 });
    expect(await send('get', 'user')).toMatchObject({ stdout: '{ id: 7 }\n' });
    expect(JSON.parse((await send('--json', 'get', 'user')).stdout)).toStrictEqual({ id: 7 });
  });

  it('says by its exit code what went wrong', async () => {
    expect(await send('get', 'absent')).toMatchObject({ code: 1, stdout: '' });
    expect(await send('setex', 'k', '0', 'v')).toMatchObject({ code: 1 });
    expect(await send('gett', 'k')).toMatchObject({ code: 64 });
    expect(await runKvd(['--nosuch'])).toMatchObject({ code: 64 });
    expect(await runKvd(['--port', '1', 'ping'])).toMatchObject({ code: 69 });
    expect(await runKvd([], { KVD_PORT: 'x' })).toMatchObject({ code: 78 });
  });
});
