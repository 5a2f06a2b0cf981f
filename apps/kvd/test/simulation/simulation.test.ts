import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PLANTS } from './plants.ts';
import { simulate } from './simulation.ts';

/** More is `pnpm sim`. */
const SEEDS = 150;
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

describe('a simulated world of clients, server and disk', () => {
  it(`keeps every promise in ${SEEDS} runs`, { timeout: 60_000 }, async () => {
    const endings = new Set<string>();
    const keepings = new Set<string>();
    let operations = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulate({ seed });
      expect(result.failure?.message, `pnpm sim --seed ${seed}`).toBeUndefined();
      operations += result.operations;
      keepings.add(result.settings.keeping);
      for (const ending of result.endings) endings.add(ending);
    }
    expect(operations).toBeGreaterThan(SEEDS * 100);
    expect(keepings).toStrictEqual(new Set(['always', 'everysec', 'no', 'snapshots']));
    expect(endings).toStrictEqual(new Set(['SIGKILL', 'SIGTERM', 'power failure']));
  });

  it('is the same again for the same seed, event by event, and another for another', async () => {
    const events = async (seed: number) => {
      const all: string[] = [];
      const { trace } = await simulate({ seed, onEvent: (text) => all.push(text) });
      return { all, trace };
    };
    const traces = new Set<string>();
    for (const seed of [1, 2, 3, 4, 5]) {
      const once = await events(seed);
      expect(await events(seed)).toStrictEqual(once);
      traces.add(once.trace);
    }
    expect(traces.size).toBe(5);
  });
});

describe('the simulation', () => {
  it.each(Object.entries(PLANTS))('finds a planted bug: %s', { timeout: 60_000 }, (name, plant) => {
    const seeds = `1..${plant.seeds}`;
    const args = ['--conditions=kv-source', '--no-warnings', MAIN, '--seeds', seeds];
    const { status, stdout } = spawnSync(process.execPath, [...args, '--plant', name], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^FAILED: /m);
    expect(stdout).toMatch(new RegExp(`pnpm sim --seed \\d+ --plant ${name} --trace`));
    expect(status).toBe(1);
  });
});
