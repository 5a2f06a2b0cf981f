import { describe, expect, it } from 'vitest';
import { readCommandLine } from './arguments.ts';
import { startsDaemon } from './starts-daemon.ts';

describe('a command line', () => {
  it.each([
    '',
    '--port 7000',
    '--port=7000',
    '--config kvd.conf --save=',
    '--requirepass --help',
    'ping',
    '--port 7000 ping',
    '--json get k',
    '--tls ping',
    '--stdin set k',
    '--help',
    '-h',
    '--version',
    '-v',
    '--port 1 --help',
    'help set',
    'set key -5',
    'save',
  ])('starts a daemon, or does not, as when it is read: kvd %s', (line) => {
    const argv = line.split(' ').filter((word) => word !== '');
    const { command, help, version } = readCommandLine(argv);
    expect(startsDaemon(argv)).toBe(command.length === 0 && help === undefined && !version);
  });

  it.each(['--unknown=1', '--port', '--json=1'])('with a mistake may start one: kvd %s', (line) => {
    expect(startsDaemon(line.split(' '))).toBe(true);
    expect(() => readCommandLine(line.split(' '))).toThrow('--');
  });
});
