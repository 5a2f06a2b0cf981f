import { describe, expect, it } from 'vitest';
import { ByteStore } from './byte-store.ts';
import { checkInvariants } from './invariants.ts';
import { batchOf } from './test-batch.ts';

const LENGTH = 400_000;

/** A key and a large value in one buffer with `slack` bytes behind them. */
function request(adoptable: boolean, slack: number) {
  const batch = batchOf(['key', new Uint8Array(LENGTH).map((_, i) => i * 7)], slack);
  batch.adoptable = adoptable;
  return batch;
}

describe('a large value', () => {
  it('stays in the bytes that it came in, if they may be kept', () => {
    const store = new ByteStore({ hashSecret: [1, 2] });
    const db = store.at(0);
    const batch = request(true, 1000);
    db.set(batch, 0, batch.bytes, 3, LENGTH, 0, 0);
    expect(batch.adoptable).toBe(false);
    const ref = db.find(batchOf(['key']), 0);
    expect(db.valueView(ref).buffer).toBe(batch.bytes.buffer);
    expect(Buffer.compare(db.valueView(ref), batch.bytes.subarray(3, 3 + LENGTH))).toBe(0);
    expect(Buffer.from(db.keyOf(ref)).toString()).toBe('key');
    // All of the bytes count, not only the value.
    expect(db.memoryOf(ref)).toBeGreaterThanOrEqual(3 + LENGTH + 1000);
    checkInvariants(store);
    expect(db.remove(batchOf(['key']), 0)).toBe(true);
    expect(db.beside.bytes).toBe(0);
  });

  it('is copied out of bytes that may not be kept, or that hold much else', () => {
    for (const batch of [request(false, 1000), request(true, LENGTH)]) {
      const store = new ByteStore();
      const db = store.at(0);
      const { adoptable } = batch;
      db.set(batch, 0, batch.bytes, 3, LENGTH, 0, 0);
      expect(batch.adoptable).toBe(adoptable);
      const value = batch.bytes.slice(3, 3 + LENGTH);
      batch.bytes.fill(0);
      expect(Buffer.compare(db.valueView(db.find(batchOf(['key']), 0)), value)).toBe(0);
      checkInvariants(store);
    }
  });
});
