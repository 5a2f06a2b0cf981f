import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { createLog } from './log.ts';
import { logOutput } from './log-output.ts';

const root = temporaryDirectory();

function outputOf(stream: object) {
  const told: string[] = [];
  const output = logOutput(stream as NodeJS.WriteStream, {
    beforeLine: () => told.push('line'),
    lost: ({ message }) => told.push(message),
  });
  return { output, told };
}

describe('the output of the log', () => {
  it('makes room for each line on a terminal', () => {
    const stream = new PassThrough();
    const { output, told } = outputOf(Object.assign(stream, { isTTY: true }));
    const chunks: unknown[] = [];
    stream.on('data', (chunk) => chunks.push(String(chunk)));
    output.write('one\n');
    output.write('two\n');
    expect(chunks).toStrictEqual(['one\n', 'two\n']);
    expect(told).toStrictEqual(['line', 'line']);
  });

  it('goes on without a reader that has gone away, and says so once', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true });
    const { output, told } = outputOf(stream);
    stream.emit('error', new Error('EPIPE'));
    stream.emit('error', new Error('EPIPE'));
    for (let i = 0; i < 3; i++) output.write('nobody reads this\n');
    expect(told.filter((what) => what !== 'line')).toStrictEqual(['EPIPE']);
    expect(stream.read()).toBeNull();
  });

  it('writes whole lines to a file', () => {
    const path = join(root, 'log');
    writeFileSync(path, '');
    const { output } = outputOf({ isTTY: false, fd: openSync(path, 'a') });
    output.write('grüße\n');
    output.write('two\n');
    expect(readFileSync(path, 'utf8')).toBe('grüße\ntwo\n');
  });

  it.runIf(process.platform === 'linux')('survives a full disk, and says so once', () => {
    const { output, told } = outputOf({ isTTY: false, fd: openSync('/dev/full', 'w') });
    output.write('one\n');
    output.write('two\n');
    expect(told.filter((what) => what !== 'line')).toHaveLength(1);
    expect(told[1]).toContain('ENOSPC');
  });
});

describe('the log', () => {
  const lineOf = (format: 'auto' | 'pretty' | 'json', isTerminal: boolean, colors = false) => {
    const lines: string[] = [];
    const output = { write: (line: string) => void lines.push(line) };
    const config = { loglevel: 'notice', 'log-format': format } as const;
    createLog(config, { output, isTerminal, colors }).info({ n: 7 }, 'hello');
    return lines.join('');
  };

  it('is JSON for machines and readable for people', () => {
    expect(JSON.parse(lineOf('auto', false))).toMatchObject({ level: 30, n: 7, msg: 'hello' });
    expect(JSON.parse(lineOf('json', true))).toMatchObject({ msg: 'hello' });
    expect(lineOf('auto', true)).toMatch(/^\[\d{4}-.*\] INFO: hello \{"n":7\}\n$/);
    expect(lineOf('pretty', false)).toContain('INFO: hello');
  });

  it('has colors only where there are some', () => {
    expect(lineOf('auto', true, true)).toContain('\u001b[');
    expect(lineOf('auto', true, false)).not.toContain('\u001b[');
  });
});
