import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { ExpiringMapStore } from '../test/expiring-map-store.ts';
import { settled } from '../test/open-log.ts';
import { seeded } from '../test/random.ts';
import { SimulatedDisk } from '../test/simulated-disk.ts';
import { openLoggedStore } from './logged-store.ts';

const codec = { encode: serialize, decode: deserialize };
const DIRECTORY = '/data/log';

/** A disk, a clock that is moved, and what is needed to open the directory again and again. */
function world() {
  const disk = new SimulatedDisk();
  const time = { now: 1_700_000_000_000 };
  const clock = { now: () => time.now };
  const open = () =>
    openLoggedStore<unknown>({
      directory: DIRECTORY,
      store: new ExpiringMapStore<unknown>(clock.now),
      codec,
      fsync: 'always',
      fs: disk,
      clock,
    });
  return { disk, time, open };
}

describe('a logged store', () => {
  it('refuses a policy that does not exist, before anything is made', async () => {
    const disk = new SimulatedDisk();
    const store = new ExpiringMapStore<unknown>(() => 0);
    const fsync = 'evrysec' as 'everysec';
    const opening = openLoggedStore({ directory: DIRECTORY, store, codec, fsync, fs: disk });
    await expect(opening).rejects.toMatchObject({ code: 'FSYNC_INVALID' });
    expect(disk.paths()).toEqual([]);
  });

  it('has after a crash what was durable, values and deadlines', async () => {
    const { disk, time, open } = world();
    const store = await open();
    store.set('kept', { at: new Date(7), tags: new Set([1]) });
    store.set('timed', 'x', { ttlMs: 1000 });
    store.set('extended', 'x', { ttlMs: 10 });
    expect(store.expire('extended', 5000)).toBe(true);
    store.set('forever', 'x', { ttlMs: 10 });
    expect(store.persist('forever')).toBe(true);
    store.set('deleted', 'x');
    expect([store.delete('deleted'), store.delete('deleted')]).toEqual([true, false]);
    store.set('gone at once', 'x', { deadline: 1 });
    await store.durable();
    disk.crash(() => 0.99);
    time.now += 20;

    const again = await open();
    expect(new Map(again)).toEqual(
      new Map<string, unknown>([
        ['kept', { at: new Date(7), tags: new Set([1]) }],
        ['timed', 'x'],
        ['extended', 'x'],
        ['forever', 'x'],
      ]),
    );
    expect(again.deadline('timed')).toBe(time.now + 980);
    expect(again.deadline('forever')).toBeUndefined();
    time.now += 980;
    expect([again.get('timed'), again.size]).toEqual([undefined, 3]);
    expect(again.clear()).toBe(3);
    await again.durable();
    disk.crash(() => 0.99);
    expect((await open()).size).toBe(0);
  });

  it('changes nothing for a value or a key that cannot be written', async () => {
    const { open } = world();
    await using store = await open();
    store.set('key', 1);
    expect(() => store.set('key', () => 1)).toThrow();
    expect(() => store.set('\ud800', 1)).toThrow(
      expect.objectContaining({ code: 'KEY_NOT_ENCODABLE' }),
    );
    expect([...store]).toEqual([['key', 1]]);
  });

  it('refuses a log whose values its codec cannot read', async () => {
    const { disk, open } = world();
    const store = await open();
    store.set('key', 1);
    await store.close();
    const decode = () => {
      throw new Error('unreadable');
    };
    const again = openLoggedStore({
      directory: DIRECTORY,
      store: new ExpiringMapStore<unknown>(() => 0),
      codec: { encode: serialize, decode },
      fs: disk,
    });
    await expect(again).rejects.toMatchObject({ code: 'LOG_RESTORE_FAILED' });
  });

  it('follows a Map through random operations, rewrites and power failures', async () => {
    const random = seeded(20);
    const { disk, open } = world();
    let expected = new Map<string, unknown>();
    for (let round = 0; round < 12; round += 1) {
      const store = await open();
      expect(new Map(store)).toEqual(expected);
      for (let i = 0; i < 40; i += 1) {
        const key = `key:${Math.floor(random() * 12)}`;
        if (random() < 0.3) expect(store.delete(key)).toBe(expected.delete(key));
        else {
          store.set(key, [round, i]);
          expected.set(key, [round, i]);
        }
        if (random() < 0.1) await settled();
        if (random() < 0.02) await store.log.rewrite();
      }
      await store.durable();
      expected = new Map(store);
      // Nobody waits for this one: it may be there afterwards or not.
      store.set('unsynced', 0);
      store.delete('unsynced');
      disk.crash(random);
      expected.delete('unsynced');
    }
  });
});
