import type { RequestBatch } from './request-batch.ts';

/**
 * What a connection keeps of a request that has not come whole, so that its beginning is
 * not read again with each piece: the arguments found so far, by their distance from where
 * the request begins. There is one only for requests of many arguments.
 */
export class PartialRequest {
  /** How many arguments the request has, its name included. */
  readonly total: number;
  /** How many of them have been found. */
  found = 0;
  /** Where the next begins, from the beginning of the request. */
  next: number;
  offset: Int32Array;
  length: Int32Array;

  constructor(total: number, next: number) {
    this.total = total;
    this.next = next;
    this.offset = new Int32Array(64);
    this.length = new Int32Array(64);
  }

  /** Adds the next argument. */
  add(offset: number, length: number): void {
    const { found } = this;
    if (found === this.offset.length) {
      this.offset = grown(this.offset);
      this.length = grown(this.length);
    }
    this.offset[found] = offset;
    this.length[found] = length;
    this.found = found + 1;
  }
}

function grown(column: Int32Array): Int32Array {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/**
 * Reads requests of one protocol out of byte ranges. One reader serves all connections:
 * what it has to remember of one is {@link partial}, which the connection puts in before
 * {@link fill} and takes out after it.
 */
export interface RequestReader {
  /** What broke the protocol in the last call of {@link fill}, or `undefined`. */
  readonly error: string | undefined;
  /**
   * Bytes that the request at the returned offset will have at least; 0 while unknown, or
   * while room that is doubled when it is needed serves as well.
   */
  readonly wanted: number;
  /** Of the request at the returned offset. */
  partial: PartialRequest | undefined;

  /**
   * Reads whole requests of `[start, end)` until the batch is full. What was not consumed
   * must be given again, from its first byte on, with what follows.
   *
   * @param authenticated - otherwise the limits of strangers hold
   * @returns the offset of the first byte that was not consumed
   */
  fill(batch: RequestBatch, start: number, end: number, authenticated: boolean): number;
}
