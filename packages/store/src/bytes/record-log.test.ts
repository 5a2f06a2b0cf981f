import { describe, expect, it } from 'vitest';
import { ByteModel } from './byte-model.ts';
import { checkInvariants } from './invariants.ts';
import { SEGMENT_GRANULES, TOUCHED_BYTES } from './layout.ts';
import { Memory } from './memory.ts';
import { MAIN, PROBATION, RecordLog, segmentOf } from './record-log.ts';
import { SegmentWalk } from './segment-walk.ts';

/** A memory that says how many bytes it was given. */
function counted(firstSegment = 0) {
  const asked: number[] = [];
  const allocate = (bytes: number) => {
    asked.push(bytes);
    return new ArrayBuffer(bytes);
  };
  return { memory: new Memory(allocate, firstSegment), asked };
}

const openRegions = (memory: Memory) =>
  memory.regions.filter((_, region) => memory.isOpen(region)).length;

describe('Memory', () => {
  it('takes small regions first, then whole ones, each only when it is needed', () => {
    const { memory, asked } = counted();
    for (let i = 0; i < 8; i++) memory.take();
    expect(asked).toEqual([8 * 2 ** 20 + TOUCHED_BYTES]);
    for (let i = 0; i < 65; i++) memory.take();
    expect(asked.slice(1)).toEqual([64 * 2 ** 20 + TOUCHED_BYTES, 256 * 2 ** 20 + TOUCHED_BYTES]);
    expect(memory.used).toBe(73);
  });

  it('gives a region back when its last segment is released, and opens it again', () => {
    const { memory, asked } = counted();
    const segments = Array.from({ length: 20 }, () => memory.take());
    expect(new Set(segments).size).toBe(20);
    for (const segment of segments.slice(0, 8)) memory.release(segment);
    expect(openRegions(memory)).toBe(1);
    for (const segment of segments.slice(8)) memory.release(segment);
    expect(openRegions(memory)).toBe(0);
    expect(memory.usedBytes).toBe(0);
    memory.take();
    expect(asked.length).toBe(3);
  });

  it('tells by the generation that a segment was given back, also when it is taken again', () => {
    const { memory } = counted();
    memory.take();
    const segment = memory.take();
    memory.filled[segment] = 10;
    const walk = new SegmentWalk(memory, segment);
    memory.release(segment);
    expect(memory.take()).toBe(segment);
    memory.filled[segment] = 10;
    expect(walk.valid).toBe(false);
    expect(walk.next()).toBe(0);
  });

  it('hands out a segment as new: nothing filled, nothing live, nothing due', () => {
    const { memory } = counted();
    memory.take();
    const segment = memory.take();
    memory.filled[segment] = memory.live[segment] = 5;
    memory.earliest[segment] = 1;
    memory.release(segment);
    expect(memory.take()).toBe(segment);
    const known = [memory.filled[segment], memory.live[segment], memory.earliest[segment]];
    expect(known).toEqual([0, 0, Number.POSITIVE_INFINITY]);
  });

  it('ends at 32 GiB with OUT_OF_MEMORY', () => {
    const { memory } = counted(2 ** 15 - 256);
    for (let i = 0; i < 8; i++) memory.take();
    expect(() => memory.take()).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  });
});

describe('RecordLog', () => {
  it('never hands out granule 0 of all, also when segment 0 is recycled', () => {
    const { memory } = counted();
    const log = new RecordLog(memory);
    let first = 0;
    for (let i = 0; i < 40; i++) {
      const ref = log.allocate(SEGMENT_GRANULES - 1);
      expect(ref).not.toBe(0);
      if (segmentOf(ref) === 0) first++;
      log.free(ref, SEGMENT_GRANULES - 1);
    }
    expect(first).toBeGreaterThan(3);
  });

  it('gives a segment back with its last record, but not while it is filled or frozen', () => {
    const { memory } = counted();
    const log = new RecordLog(memory);
    const a = log.allocate(100);
    log.free(a, 100);
    expect(memory.used).toBe(1);
    log.closeHeads();
    expect(memory.used).toBe(0);
    const b = log.allocate(100);
    memory.frozen[segmentOf(b)] = 1;
    log.closeHeads();
    log.free(b, 100);
    expect(memory.used).toBe(1);
    memory.frozen[segmentOf(b)] = 0;
    log.releaseIfEmpty(segmentOf(b));
    expect(memory.used).toBe(0);
    expect(log.liveGranules).toBe(0);
  });

  it('fills the segments of its two queues apart', () => {
    const { memory } = counted();
    const log = new RecordLog(memory);
    const fresh = segmentOf(log.allocate(10, PROBATION));
    const proved = segmentOf(log.allocate(10, MAIN));
    expect(fresh).not.toBe(proved);
    expect([log.queueOf(fresh), log.queueOf(proved)]).toEqual([PROBATION, MAIN]);
    expect(log.oldest(PROBATION)).toBe(-1);
    log.closeHeads();
    expect(log.oldest(PROBATION)).toBe(fresh);
    log.clear();
    expect(memory.used).toBe(0);
  });

  it('keeps databases apart, and gives regions back after mass deletion', () => {
    const run = new ByteModel(1, 10, { databases: 3 });
    const value = new Uint8Array(1000);
    const set = (n: number, db: number) =>
      run.store.at(db).set(run.range.take(`key:${n}`), 0, value, 0, 1000, 0, 0);
    for (let n = 0; n < 60_000; n++) set(n, n % 3);
    checkInvariants(run.store);
    expect(openRegions(run.store.memory)).toBe(2);
    for (let n = 0; n < 60_000; n++)
      if (n % 1000 !== 0) run.store.at(n % 3).remove(run.range.take(`key:${n}`), 0);
    for (let i = 0; i < 1000; i++) run.store.sweep(1);
    checkInvariants(run.store);
    expect(run.store.memory.used).toBeLessThan(20);
    for (const db of [0, 1, 2]) run.store.at(db).clear();
    expect(openRegions(run.store.memory)).toBe(0);
    checkInvariants(run.store);
  });
});
