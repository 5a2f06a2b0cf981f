/**
 * A bounded, direct-mapped cache from the bytes of object keys to their strings.
 *
 * Objects repeat their keys, so most keys cost a comparison instead of a new
 * string and its entry in the engine's string table. The cache also remembers
 * that a key is safe to assign: names that `Object.prototype` has (`__proto__`,
 * `constructor`...) are never put in it.
 */

import { readText } from './text.ts';

const SLOTS = 1024;
/** Holds the longest `fixstr`, 31 bytes. */
const SLOT_BYTES = 32;

export class KeyCache {
  /** Key bytes, `SLOT_BYTES` each: one flat run, so that a look-up follows no pointer. */
  readonly #bytes = new Uint8Array(SLOTS * SLOT_BYTES);
  readonly #keys: string[] = new Array<string>(SLOTS).fill('');

  /**
   * The key in `bytes[at, at + length)`, or `undefined` when it must not be
   * assigned plainly. `length` is that of a `fixstr`, from 1.
   */
  get(bytes: Uint8Array, at: number, length: number): string | undefined {
    const slot =
      (length ^
        ((bytes[at] as number) << 5) ^
        ((bytes[at + (length >> 1)] as number) << 3) ^
        ((bytes[at + length - 1] as number) << 1)) &
      (SLOTS - 1);
    const key = this.#keys[slot] as string;
    // Only keys of one byte a character are cached.
    if (key.length !== length) return this.#fill(slot, bytes, at, length);
    const cached = this.#bytes;
    const base = slot * SLOT_BYTES;
    for (let i = 0; i < length; i++) {
      if (cached[base + i] !== bytes[at + i]) return this.#fill(slot, bytes, at, length);
    }
    return key;
  }

  #fill(slot: number, bytes: Uint8Array, at: number, length: number): string | undefined {
    const text = readText(bytes, at, at + length);
    if (text in Object.prototype) return undefined;
    if (text.length !== length) return text;
    // The engine's own copy of a property name: assigning by it skips the string table.
    const key = Object.keys({ [text]: 0 })[0] as string;
    for (let i = 0; i < length; i++) {
      this.#bytes[slot * SLOT_BYTES + i] = bytes[at + i] as number;
    }
    this.#keys[slot] = key;
    return key;
  }
}
