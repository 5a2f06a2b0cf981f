import { REGION_BYTES } from '@kv/store';
import { describe, expect, it } from 'vitest';
import { ReadyMemory } from './ready-memory.ts';

const MIB = 1024 * 1024;

describe('memory for a load', () => {
  it('is made ready as long as more is expected, and handed out blank', async () => {
    const memory = new ReadyMemory();
    memory.expects(64 * MIB + REGION_BYTES + MIB);
    expect(memory.allocate(64 * MIB).byteLength).toBe(64 * MIB);
    await expect.poll(() => memory.isReady).toBe(true);
    const region = memory.allocate(REGION_BYTES);
    expect(region.byteLength).toBe(REGION_BYTES);
    expect(new Uint8Array(region, 0, MIB).every((byte) => byte === 0)).toBe(true);
    // The last one, of which a part is expected to be used.
    await expect.poll(() => memory.isReady).toBe(true);
    memory.allocate(REGION_BYTES);
    expect(memory.isReady).toBe(false);
    await memory.end();
  });

  it('is given all the same where none is ready', async () => {
    const memory = new ReadyMemory();
    memory.expects(1024 * MIB);
    expect(memory.allocate(64 * MIB).byteLength).toBe(64 * MIB);
    expect(memory.isReady).toBe(false);
    expect(memory.allocate(REGION_BYTES).byteLength).toBe(REGION_BYTES);
    await memory.end();
    expect(memory.allocate(REGION_BYTES).byteLength).toBe(REGION_BYTES);
    expect(memory.isReady).toBe(false);
  });
});
