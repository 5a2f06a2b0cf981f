// What a ByteModel stores, and how it is recognized. Used by tests only.
import type { Structure } from './beside.ts';

/** Where the bytes of values come from. */
export const pattern = new Uint8Array(300_256).map((_, i) => (i * 31 + (i >>> 8) * 7) & 255);

/** The structure that the model stores: one number. */
export class Cell implements Structure {
  number: number;

  constructor(number: number) {
    this.number = number;
  }

  get memoryBytes(): number {
    return 100 + this.number;
  }

  clone(): Cell {
    return new Cell(this.number);
  }
}

/**
 * A value is told by a number and a length: its bytes follow from them. With another
 * type than 0 it is a {@link Cell} with that number.
 */
export interface Modelled {
  readonly type: number;
  readonly fill: number;
  readonly length: number;
  readonly deadline: number;
  readonly encoding: number;
}

/** The name of a key by its number; names have several lengths. */
export function nameOf(n: number): string {
  return `key:${n}${'x'.repeat(n % 9)}`;
}

/** Throws where a structure is not what is expected. */
export function sameCell(actual: Structure | undefined, { fill }: Modelled, key: string): void {
  if ((actual as Cell).number !== fill) throw new Error(`structure of '${key}'`);
}

/** Throws where a value is not what is expected. */
export function same(actual: Uint8Array, { fill, length }: Modelled, key: string): void {
  const expected = pattern.subarray(fill, fill + length);
  if (Buffer.compare(actual, expected) !== 0) throw new Error(`value of '${key}'`);
}
