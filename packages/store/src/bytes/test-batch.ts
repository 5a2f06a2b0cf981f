// Several keys in one buffer, as a server has them. Used by tests only.
import type { KeyBatch } from './byte-ranges.ts';

const encoder = new TextEncoder();

/** Keys behind each other, the last with or without room behind it. */
export function batchOf(keys: readonly (string | Uint8Array)[], slackBytes = 8): KeyBatch {
  const encoded = keys.map((key) => (typeof key === 'string' ? encoder.encode(key) : key));
  const total = encoded.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(total + slackBytes);
  const offset = new Int32Array(keys.length);
  let at = 0;
  for (const [i, key] of encoded.entries()) {
    bytes.set(key, at);
    offset[i] = at;
    at += key.length;
  }
  return {
    bytes,
    view: new DataView(bytes.buffer),
    offset,
    length: Int32Array.from(encoded, ({ length }) => length),
    hash: new Int32Array(keys.length).fill(-1),
    ref: new Int32Array(keys.length),
    hintedBy: undefined,
    hintVersion: 0,
    hintVoided: 0,
    adoptable: false,
    keys: Int32Array.from(keys, (_, i) => i),
    keyCount: keys.length,
  };
}
