import { expect, test } from 'vitest';
import { FoundKeys } from './found-keys.ts';

test('keys of any number and length are there as they were, until it is cleared', () => {
  const found = new FoundKeys();
  const keys = Array.from({ length: 3000 }, (_, i) => new Uint8Array((i * 7) % 500).fill(i));
  for (const round of [1, 2]) {
    found.clear();
    for (const key of keys) found.add(key);
    expect(found.keyCount, `round ${round}`).toBe(keys.length);
    const read = keys.map((_, i) => {
      const number = found.keys[i] as number;
      const from = found.offset[number] as number;
      return found.bytes.slice(from, from + (found.length[number] as number));
    });
    expect(read).toEqual(keys);
    expect(found.view.buffer).toBe(found.bytes.buffer);
  }
});
