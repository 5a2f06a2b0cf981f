import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../src/cli/arguments.ts';
import { environmentName, resolveConfig, shownConfig } from '../src/config/resolve.ts';
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
    ['bind', 'kv://127.0.0.1'],
    ['bind', '127.0.0.1:7000'],
    ['dbfilename', 'kvd.lock'],
    ['unixsocket', 'a\0b'],
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

  it('refuses a file that is no TOML, or holds what no option can be, saying where', () => {
    const file = join(root, 'broken.toml');
    for (const [text, part] of [
      ['port = \n', 'broken.toml'],
      ['[port]\nx = 1\n', 'port'],
      ['port = 1979-05-27\n', 'port'],
      ['port = 1.5\n', 'port'],
      ['port = true\n', 'port'],
      ['save = [[60]]\n', 'save'],
      ['maxclients = "many"\n', '"many"'],
    ] as const) {
      writeFileSync(file, text);
      expect(() => resolve({}, {}, file)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
      expect(() => resolve({}, {}, file)).toThrow(part);
    }
    expect(() => resolve({}, {}, root)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });

  it('takes what TOML has in place of text', () => {
    const file = join(root, 'typed.toml');
    writeFileSync(file, 'save = [[900, 1], [300, 10]]\nprotected-mode = false\nrequirepass = 7\n');
    const shown = new Map(shownConfig(resolve({}, {}, file).config));
    expect([shown.get('save'), shown.get('protected-mode')]).toStrictEqual(['900 1 300 10', 'no']);
    expect(resolve({}, {}, file).config.requirepass).toBe('7');
  });

  it('takes every option from the environment', () => {
    const { config } = resolve({});
    const shown = [...shownConfig({ ...config, databases: 7 })];
    const env = shown.map(([name, value]) => [environmentName(name), value] as const);
    const { config: same, warnings } = resolve({}, Object.fromEntries(env));
    expect(same).toStrictEqual({ ...config, databases: 7 });
    expect(warnings).toStrictEqual([]);
  });

  it('refuses a secret from a file that is empty, absent, or not the only one', () => {
    const empty = join(root, 'empty');
    writeFileSync(empty, '\n');
    for (const env of [
      { KVD_REQUIREPASS_FILE: empty },
      { KVD_REQUIREPASS_FILE: join(root, 'absent') },
      { KVD_REQUIREPASS_FILE: join(root, 'password'), KVD_REQUIREPASS: 'other' },
    ]) {
      expect(() => resolve({}, env)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
      expect(() => resolve({}, env)).toThrow(/^KVD_REQUIREPASS_FILE/);
    }
  });

  it('makes the data directory absolute, so that messages say where it is', () => {
    expect(resolve({ dir: 'some/where' }).config.dir).toBe(join(process.cwd(), 'some/where'));
  });

  it('takes * for all addresses, as Redis does', () => {
    const { bind } = resolve({ bind: '* -::*', requirepass: 'hush' }).config;
    expect(bind).toStrictEqual([
      { host: '0.0.0.0', optional: false },
      { host: '::', optional: true },
    ]);
    expect(() => resolve({ bind: '*' })).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });

  it('warns of variables that are no option, and guesses what was meant', () => {
    const { warnings } = resolve({}, { KVD_PROT: '1', HOME: '/', KVD_URL: '', KVD_CONFIG: '' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/KVD_PROT .*did you mean KVD_PORT/);
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

  it('takes help for --help, and shows it whatever else is said', () => {
    expect(readCommandLine(['help']).help).toStrictEqual([]);
    expect(readCommandLine(['-h', '--json']).help).toStrictEqual([]);
    expect(readCommandLine(['ping']).help).toBeUndefined();
    expect(readCommandLine(['-v']).version).toBe(true);
  });

  it('takes words behind it for what help is asked about', () => {
    expect(readCommandLine(['help', 'client', 'list']).help).toStrictEqual(['client', 'list']);
    expect(readCommandLine(['--help', 'set']).help).toStrictEqual(['set']);
    // A key may have any name.
    expect(readCommandLine(['get', '--help']).help).toBeUndefined();
  });

  it('names a flag that there is not as it was written, and guesses what was meant', () => {
    expect(() => readCommandLine(['-p', '7'])).toThrow(/^-p .*did you mean --port\?/);
    expect(() => readCommandLine(['--prot=7'])).toThrow(/^--prot .*did you mean --port\?/);
  });

  it('takes the last of a flag given twice', () => {
    expect(readCommandLine(['--port', '1', '--port=2=3']).flags).toStrictEqual({ port: '2=3' });
  });

  it('takes an empty value', () => {
    expect(readCommandLine(['--save', '']).flags).toStrictEqual({ save: '' });
  });

  it.each([
    [['--prot', '1']],
    [['-x']],
    [['--port']],
    [['--help=1']],
    [['--url', 'kv://x']],
    [['--json']],
    [['--dir', 'd', 'ping']],
  ])('refuses %j', (argv) => {
    expect(() => readCommandLine(argv)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
