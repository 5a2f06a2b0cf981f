import { describe, expect, test } from 'vitest';
import { keysIn, openKeeper } from '../test/open-keeper.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { parseSavePoints } from './save-points.ts';

describe('save points', () => {
  test('save when enough changes have waited long enough', async () => {
    const { keeper, time, kinds, told } = await openKeeper({ save: '3600 1 300 100 60 10000' });
    expect(time.waiting).toBe(0);
    keeper.changed();
    expect(time.waiting).toBe(1);
    time.advance(299_999);
    keeper.changed(99);
    expect(kinds()).toEqual([]);
    time.advance(1);
    await told('save-finished');
    expect(kinds()).toEqual(['save-started', 'save-finished']);
    expect(keeper.dirty).toBe(0);
    expect(time.waiting).toBe(0);
    expect(await keysIn(keeper)).toBe(100);
  });

  test('that are met late save at once', async () => {
    const { keeper, time, events, told } = await openKeeper({ save: '60 100' });
    time.advance(600_000);
    keeper.changed(100);
    time.advance(0);
    await told('save-finished');
    expect(events[0]).toEqual({ kind: 'save-started', reason: 'save-point' });
  });

  test('start waiting again after every save, asked for or not', async () => {
    const { keeper, time, kinds, told } = await openKeeper({ save: '10 1' });
    time.advance(9_000);
    await keeper.save();
    keeper.changed();
    time.advance(9_999);
    expect(kinds()).toEqual(['save-started', 'save-finished']);
    time.advance(1);
    await told('save-finished', 2);
  });

  test('do nothing while nothing changes, or when there are none', async () => {
    const idle = await openKeeper({ save: '1 1' });
    idle.time.advance(1_000_000);
    expect(idle.kinds()).toEqual([]);
    const none = await openKeeper({ save: '' });
    none.keeper.changed(1_000_000);
    none.time.advance(1_000_000_000);
    expect(none.kinds()).toEqual([]);
    expect(none.time.waiting).toBe(0);
  });

  test('can be replaced, and take effect for changes already made', async () => {
    const { keeper, time, told } = await openKeeper();
    keeper.changed(5);
    time.advance(20_000);
    keeper.savePoints = parseSavePoints('10 5');
    expect(keeper.savePoints).toEqual([{ seconds: 10, changes: 5 }]);
    time.advance(0);
    await told('save-finished');
  });

  test('of more seconds than a timer can wait do not fire early', async () => {
    const { keeper, time, kinds, told } = await openKeeper({ save: '2147483647 1' });
    keeper.changed();
    time.advance(2_147_483_647_000 - 1);
    expect(kinds()).toEqual([]);
    time.advance(1);
    await told('save-finished');
  });

  test('keep to the monotonic clock when the wall clock jumps', async () => {
    const { keeper, time, kinds, told } = await openKeeper({ save: '10 1' });
    keeper.changed();
    time.wallStart += 3_600_000;
    time.advance(9_999);
    expect(kinds()).toEqual([]);
    time.wallStart -= 7_200_000;
    time.advance(1);
    await told('save-finished');
    expect(keeper.lastSaveAt).toBe(1_700_000_010 - 3_600);
  });

  test('try again five seconds after a failure, as often as it takes', async () => {
    let broken = true;
    const fs = {
      ...nodeFileSystem,
      createFile: (path: string) =>
        broken && path.includes('.tmp-') && opened
          ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))
          : nodeFileSystem.createFile(path),
    };
    let opened = false;
    const { keeper, time, events, told } = await openKeeper({ fs, save: '60 1' });
    opened = true;
    keeper.changed(3);
    time.advance(60_000);
    for (let failures = 1; failures <= 3; failures += 1) {
      await told('save-failed', failures);
      expect(keeper).toMatchObject({ lastSaveOk: false, dirty: 3 });
      expect(events.at(-1)).toMatchObject({ reason: 'save-point', retryDelayMs: 5_000 });
      keeper.changed(0);
      time.advance(4_999);
      expect(keeper.saving).toBe(false);
      if (failures === 3) broken = false;
      time.advance(1);
    }
    await told('save-finished');
    expect(keeper).toMatchObject({ lastSaveOk: true, dirty: 0 });
    expect(time.waiting).toBe(0);
  });
});
