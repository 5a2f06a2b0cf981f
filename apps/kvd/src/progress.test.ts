import { describe, expect, it } from 'vitest';
import { progressLine } from './progress.ts';

function terminal(isTTY = true, columns = 100) {
  const written: string[] = [];
  const clock = { now: 0 };
  const target = { isTTY, columns, write: (text: string) => written.push(text) };
  const line = progressLine('loading', target, () => clock.now);
  return { written, clock, line };
}

const half = { entries: 1_500_000, fraction: 0.5 };

describe('a progress line', () => {
  it('shows nothing for short work', () => {
    const { written, clock, line } = terminal();
    line.show(half);
    clock.now = 199;
    line.show(half);
    line.end();
    expect(written).toStrictEqual([]);
  });

  it('shows how far the work has come, and how fast it goes', () => {
    const { written, clock, line } = terminal();
    line.show({ entries: 0, fraction: 0 });
    clock.now = 1000;
    line.show(half);
    expect(written.join('')).toBe(
      `\r\u001b[2Kloading ${'█'.repeat(12)}${'░'.repeat(12)}  50%  1,500,000 keys  1,500,000/s`,
    );
  });

  it('is drawn no more often than a person can see', () => {
    const { written, clock, line } = terminal();
    for (; clock.now < 1200; clock.now++) line.show(half);
    expect(written).toHaveLength(10);
  });

  it('makes room for a line of the log, comes back, and is gone in the end', () => {
    const { written, clock, line } = terminal();
    line.show(half);
    clock.now = 1000;
    line.show(half);
    line.hide();
    line.hide();
    expect(written.slice(1)).toStrictEqual(['\r\u001b[2K']);
    clock.now = 1100;
    line.show(half);
    line.end();
    line.end();
    expect(written).toHaveLength(4);
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });

  it('is never wider than the terminal, where it would wrap', () => {
    const { written, clock, line } = terminal(true, 20);
    line.show(half);
    clock.now = 1000;
    line.show({ entries: 1, fraction: 1.5 });
    expect(written[0]?.replace('\r\u001b[2K', '')).toHaveLength(19);
  });

  it('is not drawn where nobody can see it', () => {
    const { written, clock, line } = terminal(false);
    line.show(half);
    clock.now = 1000;
    line.show(half);
    line.end();
    expect(written).toStrictEqual([]);
  });
});
