import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { cleanEnvironment, KVD } from './kvd-process.ts';
import { writeLargeSnapshot } from './large-snapshot.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const root = temporaryDirectory();

/** util-linux's `script` gives a program a terminal; the one of other systems takes other options. */
const SCRIPT = 'script';
const version = spawnSync(SCRIPT, ['--version'], { encoding: 'utf8' });
const hasScript = /util-linux/.test(version.stdout ?? '');

/** Runs kvd in a terminal of 100 columns. */
function inTerminal(args: readonly string[], env: Record<string, string> = {}) {
  const words = [process.execPath, ...KVD, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn(SCRIPT, ['-qefc', `stty cols 100; exec ${words}`, '/dev/null'], {
    env: cleanEnvironment({ TERM: 'xterm-256color', ...env }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const screen = { text: '' };
  child.stdout.on('data', (chunk) => {
    screen.text += chunk;
  });
  return {
    screen,
    type: (keys: string) => child.stdin.write(keys),
    ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
  };
}

const ERASE = '\r\u001b[2K';

/** What a person sees in the end: lines whose drafts have been erased. */
function visibleLines(text: string): string[] {
  return text
    .split('\r\n')
    .map((line) => line.split(ERASE).at(-1) as string)
    .filter((line) => line !== '');
}

describe.runIf(hasScript)('kvd in a terminal', () => {
  it('has colors, unless they are not wanted', async () => {
    const colored = inTerminal(['--help']);
    expect(await colored.ended).toBe(0);
    expect(colored.screen.text).toContain('\u001b[1mkvd');
    const plain = inTerminal(['--help'], { NO_COLOR: '1' });
    await plain.ended;
    expect(plain.screen.text).not.toContain('\u001b');
  });

  it('draws how far a large load and save have come, never through a line of the log, and ends at Ctrl-C', {
    timeout: 40_000,
  }, async () => {
    const dir = join(root, 'large');
    await writeLargeSnapshot(dir, 5_000_000);
    const kvd = inTerminal(['--dir', dir, '--port', '0', '--loglevel', 'debug'], { NO_COLOR: '1' });
    const { screen } = kvd;
    await expect.poll(() => screen.text, { timeout: 20_000 }).toContain('ready to accept');
    expect(screen.text).toMatch(/loading [█░]{24} +\d+% {2}[\d,]+ keys {2}[\d,]+\/s/);
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(screen.text)?.[1]);
    await using client = await connect({ port, reconnect: false, timeoutMs: 30_000 });
    await client.set('new', 1);
    const saving = client.save();
    // Lines of the log in the middle of a drawn line.
    for (let i = 0; i < 10; i++) await (await connect({ port, reconnect: false })).close();
    await saving;
    kvd.type('\u0003');
    expect(await kvd.ended, screen.text).toBe(0);
    // The terminal shows the key that was typed.
    const lines = visibleLines(screen.text.replace('^C', ''));
    expect(lines.join('\n')).toContain('INFO: bye');
    for (const line of lines)
      expect(line).toMatch(/^\[\d{4}-\d\d-\d\d .{12}\] (DEBUG|INFO)( \(\d+\))?: /);
  });

  it('draws nothing on one that can not erase', async () => {
    const dir = join(root, 'dumb');
    await writeLargeSnapshot(dir, 300_000);
    const kvd = inTerminal(['--dir', dir, '--port', '0'], { TERM: 'dumb' });
    await expect.poll(() => kvd.screen.text, { timeout: 20_000 }).toContain('ready to accept');
    kvd.type('\u0003');
    expect(await kvd.ended).toBe(0);
    expect(kvd.screen.text).not.toContain('\u001b');
  });
});
