import { Encoding } from '../src/encodings.ts';
import type { ValueSource } from '../src/reply-writer.ts';

/** A source with one value; `stable` if it may be sent from where it lies. */
export function stored(encoding: number, bytes: Uint8Array, stable = false): ValueSource {
  return {
    valueLength: () => bytes.length,
    plainLength: () => (encoding === Encoding.VALUE || stable ? -1 : bytes.length),
    encodingOf: () => encoding,
    copyValue: (_ref, target, _view, offset) => target.set(bytes, offset),
    stableValue: () => (stable ? bytes : undefined),
  };
}
