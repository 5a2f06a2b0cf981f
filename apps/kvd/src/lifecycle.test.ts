import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Lifecycle, type LifecycleParts } from './lifecycle.ts';

const failure = Object.assign(new Error('no room'), { code: 'SNAPSHOT_WRITE_FAILED' });
const running = Object.assign(new Error('running'), { code: 'SAVE_IN_PROGRESS' });
const ignore = (): void => {};

/** A daemon whose parts write down what is asked of them. */
function daemon({ dirty = 1, savesByDefault = true, loaded = true, logged = false } = {}) {
  const calls: string[] = [];
  const keeper = {
    dirty,
    saving: false,
    /** What the next saves do; when there is none left, they succeed. */
    outcomes: [] as (() => Promise<void> | void)[],
    async save() {
      calls.push('save');
      await keeper.outcomes.shift()?.();
      keeper.dirty = 0;
    },
    async close({ running }: { running?: string | undefined }) {
      calls.push(`close ${running}`);
      if (running === 'save') await keeper.outcomes.shift()?.();
    },
  };
  const appendLog = {
    abortRewrite: async () => {},
    async close() {
      calls.push('close log');
      if (appendLog.fails) throw failure;
    },
    fails: false,
  };
  const parts = {
    appendLog: logged ? appendLog : undefined,
    keeper: keeper as unknown as NonNullable<LifecycleParts['keeper']>,
    savesByDefault: () => savesByDefault,
    closeServer: async () => void calls.push('clients'),
    release: () => void calls.push('release'),
    timers: {
      setTimeout: (callback: () => void) => setImmediate(callback),
      clearTimeout: ignore,
      setInterval: ignore,
      clearInterval: ignore,
      setImmediate,
    },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  };
  const lifecycle = new Lifecycle(parts);
  if (loaded) lifecycle.loaded();
  return { calls, keeper, appendLog, lifecycle };
}

const fail = () => {
  throw failure;
};

describe('a daemon whose data has not been loaded as a whole', () => {
  it('is loading to its end, so that nobody sees a part of the data while it closes', async () => {
    const refused = daemon({ loaded: false });
    await refused.lifecycle.abort();
    expect(refused.lifecycle.loading).toBe(true);
    const stopped = daemon({ loaded: false });
    await stopped.lifecycle.shutdown();
    expect(stopped.lifecycle.loading).toBe(true);
  });
});

describe('a shutdown', () => {
  it('saves while clients are served, then sends them away, and gives the directory back last', async () => {
    const { calls, lifecycle } = daemon();
    await lifecycle.shutdown();
    await lifecycle.stopped;
    expect(calls).toStrictEqual(['save', 'clients', 'close wait', 'release']);
  });

  it('closes the log when all clients have gone, whatever is saved', async () => {
    const { calls, lifecycle } = daemon({ logged: true, savesByDefault: false });
    await lifecycle.shutdown();
    expect(calls).toStrictEqual(['clients', 'close wait', 'close log', 'release']);
  });

  it('has lost something when the log could not be closed, and tells', async () => {
    const { calls, appendLog, lifecycle } = daemon({ logged: true, savesByDefault: false });
    appendLog.fails = true;
    await expect(lifecycle.shutdown()).rejects.toBe(failure);
    await expect(lifecycle.stopped).rejects.toBe(failure);
    expect(calls.at(-1)).toBe('release');
  });

  it('saves what clients changed during its save', async () => {
    const { calls, keeper, lifecycle } = daemon();
    const { save } = keeper;
    keeper.save = async () => {
      await save();
      keeper.dirty = 3;
    };
    await lifecycle.shutdown();
    expect(calls).toStrictEqual(['save', 'clients', 'close save', 'release']);
  });

  it('saves nothing when nothing has changed, nobody asks for it, or somebody asks for none', async () => {
    const unchanged = daemon({ dirty: 0 });
    await unchanged.lifecycle.shutdown();
    const without = daemon({ savesByDefault: false });
    await without.lifecycle.shutdown();
    const asked = daemon();
    await asked.lifecycle.shutdown({ save: false });
    // A save that is under way is finished, unless somebody says that it should not be.
    expect(unchanged.calls).toStrictEqual(['clients', 'close wait', 'release']);
    expect(without.calls).toStrictEqual(['clients', 'close wait', 'release']);
    expect(asked.calls).toStrictEqual(['clients', 'close abort', 'release']);
  });

  it('saves when it is asked to, also without save points', async () => {
    const { calls, lifecycle } = daemon({ savesByDefault: false });
    await lifecycle.shutdown({ save: true });
    expect(calls[0]).toBe('save');
  });

  it('is one, however often it is asked for', async () => {
    const { calls, lifecycle } = daemon();
    await Promise.all([lifecycle.shutdown(), lifecycle.shutdown(), lifecycle.shutdown()]);
    await lifecycle.shutdown();
    expect(calls).toStrictEqual(['save', 'clients', 'close wait', 'release']);
  });

  it('waits for a save that is under way, and saves again only what that one lacks', async () => {
    const done = daemon();
    done.keeper.outcomes = [
      () => {
        throw running;
      },
      ignore,
    ];
    await done.lifecycle.shutdown();
    expect(done.calls.slice(0, 2)).toStrictEqual(['save', 'save']);
    const enough = daemon();
    enough.keeper.outcomes = [
      () => {
        enough.keeper.dirty = 0;
        throw running;
      },
    ];
    await enough.lifecycle.shutdown();
    expect(enough.calls).toStrictEqual(['save', 'clients', 'close wait', 'release']);
  });

  it('whose save fails gives nothing up, and may be asked for again', async () => {
    const { calls, keeper, lifecycle } = daemon();
    keeper.outcomes = [fail];
    await expect(lifecycle.shutdown()).rejects.toBe(failure);
    expect(calls).toStrictEqual(['save']);
    await lifecycle.shutdown();
    expect(calls).toStrictEqual(['save', 'save', 'clients', 'close wait', 'release']);
  });

  it('whose save fails goes on with force', async () => {
    const { calls, keeper, lifecycle } = daemon();
    keeper.outcomes = [fail, fail];
    await lifecycle.shutdown({ force: true });
    await lifecycle.stopped;
    expect(calls).toStrictEqual(['save', 'clients', 'close save', 'close abort', 'release']);
  });

  it('that loses the last changes says so, and ends', async () => {
    const { calls, keeper, lifecycle } = daemon();
    const { save } = keeper;
    keeper.save = async () => {
      await save();
      keeper.dirty = 1;
      keeper.outcomes = [fail];
    };
    await expect(lifecycle.shutdown()).rejects.toBe(failure);
    await expect(lifecycle.stopped).rejects.toBe(failure);
    expect(calls).toStrictEqual(['save', 'clients', 'close save', 'close abort', 'release']);
  });

  it('without a save overtakes one that is saving', async () => {
    const { calls, keeper, lifecycle } = daemon();
    let end = ignore;
    keeper.outcomes = [
      () =>
        new Promise((_resolve, reject) => {
          end = () => reject(failure);
        }),
    ];
    const first = lifecycle.shutdown();
    await turn();
    const second = lifecycle.shutdown({ save: false });
    expect(calls).toStrictEqual(['save', 'close abort']);
    end();
    await Promise.all([first, second, lifecycle.stopped]);
    expect(calls.slice(2)).toStrictEqual(['clients', 'close wait', 'release']);
  });

  it('while the data loads gives the load up, and never saves half of it', async () => {
    const { calls, lifecycle } = daemon({ loaded: false });
    expect(lifecycle.loadSignal.aborted).toBe(false);
    await lifecycle.shutdown({ save: true });
    expect(lifecycle.loadSignal.aborted).toBe(true);
    expect(calls).toStrictEqual(['clients', 'close wait', 'release']);
  });
});
